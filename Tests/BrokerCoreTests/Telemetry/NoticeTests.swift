import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("What is worth telling people")
struct NoticeTests {
    @Test("Whoever comes and goes is told of, with the cause")
    func comingAndGoing() {
        var broker = TestBroker()
        let client = broker.connect("client", version: .v3_1_1)
        broker.drop(client)
        let name = Array("client".utf8)
        let notices = broker.network.takeNotices()
        #expect(notices.count == 2)
        guard case .clientConnected(_, name, .v3_1_1, false) = notices.first else { return #expect(Bool(false), "\(notices)") }
        guard case .clientDisconnected(_, name, .connectionLost) = notices.last else { return #expect(Bool(false), "\(notices)") }
    }

    @Test("A refusal and an end by the server have a code that says so")
    func codes() {
        #expect(Refusal.anonymous.reasonCode == .notAuthorized)
        #expect(Refusal.versionNotOffered(.v3_1).reasonCode == .unsupportedProtocolVersion)
        #expect(DisconnectCause.takenOver.reasonCode == .sessionTakenOver)
        #expect(DisconnectCause.connectionLost.reasonCode == nil)
        #expect(DisconnectCause.client(.success).reasonCode == nil)
    }
}
