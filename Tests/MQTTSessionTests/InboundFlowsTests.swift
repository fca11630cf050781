import MQTTSession
import Primitives
import Testing

@Suite("The receiver's half of QoS 2")
struct InboundFlowsTests {
    @Test("Whatever comes and goes, it holds what a set holds", arguments: [12, 300, 65_535] as [UInt16])
    func againstASet(range: UInt16) throws {
        var random = SeededRandom(seed: UInt64(range))
        var flows = InboundFlows()
        defer { flows.deallocate() }
        var model: Set<UInt16> = []
        for step in 0..<20_000 {
            let packetID = UInt16.random(in: 1...range, using: &random)
            // It grows in the first half and shrinks in the second.
            if UInt8.random(in: 0..<10, using: &random) < (step < 10_000 ? 7 : 3) {
                if !flows.contains(packetID) { flows.insert(packetID) }
                model.insert(packetID)
            } else if flows.remove(packetID) != (model.remove(packetID) != nil) {
                Issue.record("removed \(packetID), step \(step)")
                return
            }
            if flows.count != model.count {
                Issue.record("\(flows.count) instead of \(model.count), step \(step)")
                return
            }
        }
        #expect((1...range).filter { flows.contains($0) } == model.sorted())
    }

    @Test("All identifiers fit at once")
    func all() {
        var flows = InboundFlows()
        defer { flows.deallocate() }
        for packetID in UInt16(1)...65_535 { flows.insert(packetID) }
        #expect(flows.count == 65_535)
        #expect(flows.contains(1) && flows.contains(65_535))
        let removed = (UInt16(1)...65_535).filter { flows.remove($0) }
        #expect(removed.count == 65_535)
        #expect(flows.count == 0)
    }
}
