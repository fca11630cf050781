import MQTTCodec
import Testing

@testable import ClientCore

@Suite("What came and is not acknowledged")
struct ArrivalsTests {
    private func taken(_ arrivals: inout Arrivals) -> [UInt16] {
        var packetIDs: [UInt16] = []
        while let (packetID, _) = arrivals.takeAcknowledged() { packetIDs.append(packetID) }
        return packetIDs
    }

    @Test("Thousands are taken in the order in which they came, whatever the order of reading")
    func order() {
        var arrivals = Arrivals()
        var expected: [UInt16] = []
        var packetIDs: [UInt16] = []
        for round in 0..<50 {
            let ids = (0..<100).map { UInt16(round * 100 + $0 + 1) }
            let receipts = ids.map { arrivals.add($0, .atLeastOnce, uses: 1) }
            for receipt in receipts.reversed() { arrivals.acknowledge(receipt) }
            expected += ids
            packetIDs += taken(&arrivals)
        }
        #expect(packetIDs == expected && arrivals.count == 0)
    }

    @Test("One with several readers is acknowledged by the last of them")
    func uses() {
        var arrivals = Arrivals()
        let receipt = arrivals.add(1, .exactlyOnce, uses: 1)
        arrivals.setUses(receipt, 2)
        arrivals.acknowledge(receipt)
        #expect(taken(&arrivals).isEmpty)
        arrivals.acknowledge(receipt)
        #expect(taken(&arrivals) == [1])
    }

    @Test("Receipts of an earlier connection mean nothing for QoS 1, and the same message for QoS 2")
    func connections() {
        var arrivals = Arrivals()
        let (first, second) = (arrivals.add(1, .atLeastOnce, uses: 1), arrivals.add(2, .exactlyOnce, uses: 2))
        arrivals.beginConnection()
        #expect(arrivals.count == 0)
        let again = arrivals.add(1, .atLeastOnce, uses: 1)
        arrivals.addAgain(2)
        #expect(arrivals.contains(2) && !arrivals.contains(1))
        arrivals.acknowledge(first)
        #expect(taken(&arrivals).isEmpty)
        arrivals.acknowledge(again)
        arrivals.acknowledge(second)
        #expect(taken(&arrivals) == [1])
        arrivals.acknowledge(second)
        #expect(taken(&arrivals) == [2])
    }

    @Test("How many want it may turn out on a later connection")
    func laterUses() {
        var arrivals = Arrivals()
        let receipt = arrivals.add(7, .exactlyOnce, uses: 1)
        arrivals.beginConnection()
        arrivals.addAgain(7)
        #expect(arrivals.firstReceipt == receipt)
        arrivals.setUses(receipt, 2)
        arrivals.acknowledge(receipt)
        #expect(taken(&arrivals).isEmpty)
        arrivals.acknowledge(receipt)
        #expect(taken(&arrivals) == [7] && arrivals.firstReceipt == nil)
    }

    @Test("With the Session goes what was between PUBLISH and PUBREC")
    func sessionGone() {
        var arrivals = Arrivals()
        let receipt = arrivals.add(7, .exactlyOnce, uses: 1)
        arrivals.beginConnection()
        arrivals.forgetExactlyOnce()
        let fresh = arrivals.add(7, .exactlyOnce, uses: 1)
        arrivals.acknowledge(receipt)
        #expect(taken(&arrivals).isEmpty)
        arrivals.acknowledge(fresh)
        #expect(taken(&arrivals) == [7])
    }
}
