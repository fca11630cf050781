import MQTTCodec
import MQTTSession
import Primitives
import Testing

@Suite("The sender's half of QoS 1 and 2")
struct OutboundFlowsTests {
    private func delivery(_ qos: QoS = .atLeastOnce, message: UInt32 = 0) -> Delivery {
        Delivery(message: message, qos: qos, retain: false)
    }

    @Test("Identifiers count up from 1, and one just freed is not the next")
    func countingUp() {
        var flows = OutboundFlows()
        defer { flows.deallocate() }
        #expect(flows.start(delivery()) == 1)
        #expect(flows.start(delivery()) == 2)
        _ = flows.puback(1)
        _ = flows.puback(2)
        #expect(flows.start(delivery()) == 3)
    }

    @Test("After 65,535 comes 1, past every identifier that is still open [MQTT-2.2.1-4]")
    func wrap() {
        var flows = OutboundFlows()
        defer { flows.deallocate() }
        for _ in 1...65_535 {
            let packetID = flows.start(delivery())
            if ![1, 2, 4, 65_535].contains(packetID) { _ = flows.puback(packetID) }
        }
        #expect(flows.start(delivery()) == 3)
        #expect(flows.start(delivery()) == 5)
        #expect(flows.inOrder() == [1, 2, 4, 65_535, 3, 5], "in the order in which they were begun [MQTT-4.6.0-1]")
    }

    @Test("As many may be open as the bound says, all with their own identifier")
    func growth() {
        var flows = OutboundFlows()
        defer { flows.deallocate() }
        for i in 0..<65_000 { _ = flows.start(delivery(message: UInt32(i))) }
        #expect(flows.count == 65_000)
        let misplaced = (0..<65_000).filter { flows.exchange(UInt16($0 + 1))?.delivery.message != UInt32($0) }
        #expect(misplaced.isEmpty)
        #expect(flows.inOrder() == Array(1...65_000))
    }

    @Test("Random exchanges, acknowledged in any order, are those of a dictionary")
    func againstADictionary() {
        var random = SeededRandom(seed: 3)
        var flows = OutboundFlows()
        defer { flows.deallocate() }
        var model: [UInt16: UInt32] = [:]
        var order: [UInt16] = []
        for step in 0..<50_000 as Range<UInt32> {
            if model.count < 40, Bool.random(using: &random) {
                let packetID = flows.start(delivery(message: step))
                if packetID == 0 || model.updateValue(step, forKey: packetID) != nil { Issue.record("\(packetID) is open already") }
                order.append(packetID)
            } else if let packetID = order.randomElement(using: &random) {
                guard case .completed(let exchange) = flows.puback(packetID), exchange.delivery.message == model[packetID] else {
                    Issue.record("\(packetID) is lost")
                    return
                }
                model[packetID] = nil
                order.removeAll { $0 == packetID }
            }
        }
        #expect(flows.inOrder() == order)
        #expect(flows.count == model.count)
    }

    @Test("QoS 2 goes from PUBREC to PUBCOMP; a PUBREC that comes again is answered again")
    func exactlyOnce() {
        var flows = OutboundFlows()
        defer { flows.deallocate() }
        let packetID = flows.start(delivery(.exactlyOnce, message: 9))
        #expect(isWrong(flows.puback(packetID)))
        #expect(isWrong(flows.pubcomp(packetID)), "PUBCOMP before PUBREC")
        guard case .release(let exchange) = flows.pubrec(packetID, isFailure: false) else { return #expect(Bool(false)) }
        #expect(exchange.delivery.message == 9)
        guard case .releaseAgain = flows.pubrec(packetID, isFailure: false) else { return #expect(Bool(false)) }
        guard case .completed = flows.pubcomp(packetID) else { return #expect(Bool(false)) }
        guard case .unknown = flows.pubcomp(packetID) else { return #expect(Bool(false)) }
        #expect(flows.count == 0)
    }

    @Test("A PUBREC that fails ends the exchange [MQTT-4.4.0-2]")
    func failure() {
        var flows = OutboundFlows()
        defer { flows.deallocate() }
        let packetID = flows.start(delivery(.exactlyOnce))
        guard case .completed = flows.pubrec(packetID, isFailure: true) else { return #expect(Bool(false)) }
        #expect(flows.count == 0)
        let next = flows.start(delivery())
        #expect(isWrong(flows.pubrec(next, isFailure: false)), "PUBREC for QoS 1")
    }

    @Test("Leaving a Shared Subscription makes its exchanges ordinary ones")
    func leaving() {
        var flows = OutboundFlows()
        defer { flows.deallocate() }
        let shared = flows.start(Delivery(message: 1, qos: .atLeastOnce, retain: false, group: 4))
        let other = flows.start(Delivery(message: 1, qos: .atLeastOnce, retain: false, group: 5))
        flows.leave(group: 4)
        #expect(flows.exchange(shared)?.delivery.group == Delivery.noGroup)
        #expect(flows.exchange(other)?.delivery.group == 5)
    }

    private func isWrong(_ outcome: OutboundFlows.Outcome) -> Bool { if case .wrongKind = outcome { true } else { false } }
}
