import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("The actions of a tick")
struct ActionTests {
    @Test("They are kept in order, however many, with the packets they name")
    func order() {
        var actions = Actions()
        for i in 0..<5_000 as Range<UInt32> { actions.append(.pingResponse(connection: i)) }
        actions.send(.pingResponse, to: 7)
        #expect(actions.count == 5_001)
        let misplaced = (0..<5_000).filter { if case .pingResponse(let connection) = actions[$0] { connection != $0 } else { true } }
        #expect(misplaced.isEmpty)
        guard case .send(7, let packet, false) = actions[5_000] else { return #expect(Bool(false)) }
        #expect(actions.packets[Int(packet)] == .pingResponse)
        actions.removeAll()
        #expect(actions.isEmpty == true)
        #expect(actions.packets.isEmpty == true)
    }
}
