import MQTTSession
import Primitives
import Testing

@Suite("The receiver's half of QoS 2")
struct InboundFlowsTests {
    @Test("Whatever comes and goes, it holds what a set holds", arguments: [12, 300, 65_535] as [UInt16])
    func againstASet(range: UInt16) {
        var random = SeededRandom(seed: UInt64(range))
        var flows = InboundFlows()
        defer { flows.deallocate() }
        var model: Set<UInt16> = []
        for _ in 0..<20_000 {
            let packetID = UInt16.random(in: 1...range, using: &random)
            // More often inserted than removed at first, then the other way round.
            if Bool.random(using: &random), model.count < 5_000 {
                if !flows.contains(packetID) { flows.insert(packetID) }
                model.insert(packetID)
            } else {
                #expect(flows.remove(packetID) == (model.remove(packetID) != nil))
            }
            #expect(flows.count == model.count)
        }
        for packetID in 1...range { #expect(flows.contains(packetID) == model.contains(packetID)) }
    }

    @Test("All identifiers fit at once")
    func all() {
        var flows = InboundFlows()
        defer { flows.deallocate() }
        for packetID in UInt16(1)...65_535 { flows.insert(packetID) }
        #expect(flows.count == 65_535)
        #expect(flows.contains(1) && flows.contains(65_535))
        for packetID in UInt16(1)...65_535 { #expect(flows.remove(packetID) == true) }
        #expect(flows.count == 0)
    }
}
