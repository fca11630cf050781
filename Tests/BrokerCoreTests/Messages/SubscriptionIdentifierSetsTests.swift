import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Sets of Subscription Identifiers")
struct SubscriptionIdentifierSetsTests {
    @Test("They are the properties of a PUBLISH, in the order in which they were added")
    func encoding() {
        var sets = SubscriptionIdentifierSets()
        let one = sets.make(1)
        let two = sets.adding(268_435_455, to: one)
        #expect(Array(sets.bytes(of: two)) == [0x0B, 1, 0x0B, 0xFF, 0xFF, 0xFF, 0x7F])
        sets.release(two)
        #expect(sets.count == 0)
    }

    @Test("None is no set, and costs nothing")
    func none() {
        var sets = SubscriptionIdentifierSets()
        #expect(sets.make(0) == 0)
        #expect(sets.bytes(of: 0).isEmpty)
        sets.retain(0)
        sets.release(0)
        #expect(sets.count == 0)
    }

    @Test("A set that somebody else still uses stays when another grows out of it")
    func shared() {
        var sets = SubscriptionIdentifierSets()
        let one = sets.make(1)
        sets.retain(one)
        let two = sets.adding(2, to: one)
        #expect(Array(sets.bytes(of: one)) == [0x0B, 1])
        sets.release(one)
        sets.release(two)
        #expect(sets.count == 0)
    }

    @Test("A set that nobody else uses grows where it is")
    func growing() {
        var sets = SubscriptionIdentifierSets()
        var set: UInt32 = 0
        var expected: [UInt8] = []
        for i in 1...100 as ClosedRange<UInt32> {
            let grown = sets.adding(i, to: set)
            #expect(set == 0 || grown == set)
            set = grown
            expected += [0x0B, UInt8(i)]
        }
        #expect(Array(sets.bytes(of: set)) == expected)
        sets.release(set)
        #expect(sets.count == 0)
    }
}
