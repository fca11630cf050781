import BrokerRecords
import Primitives
import Testing

@testable import BrokerCore

@Suite("What a shard asks the disk for")
struct JournalTests {
    private func journal(_ durability: Durability, _ place: ShardPlace) -> Journal {
        Journal(Keeping(durability: durability, wallOffset: 0), place)
    }

    /// What a macro cannot look into, because a journal is not to be copied.
    private func check(_ holds: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(holds, sourceLocation: sourceLocation)
    }

    @Test("numbers are nobody else's, ascend, and name the shard")
    func numbers() {
        let places = ShardPlace.all(count: 2, hashSeed: 1)
        var first = journal(.strict, places[0])
        var second = journal(.strict, places[1])
        var seen: Set<UInt64> = []
        for _ in 0..<3 {
            var last: UInt64 = 0
            for _ in 0..<100 {
                let number = first.makeNumber()
                #expect(number > last)
                #expect(number & 63 == 0)
                last = number
                seen.insert(number)
                let other = second.makeNumber()
                #expect(other & 63 == 1)
                seen.insert(other)
            }
            // What another shard gave meanwhile is passed over.
            let before = second.makeNumber()
            seen.insert(before)
            first.delete(1, in: BrokerTable.messages)
            _ = first.takeBatch()
            let after = first.makeNumber()
            #expect(after > before)
            seen.insert(after)
        }
        #expect(seen.count == 3 * 202)
    }

    @Test("a promise waits for the batch at hand, or for the last one that was given")
    func awaited() {
        var journal = journal(.strict, .alone(hashSeed: 1))
        check(journal.isSettled)
        journal.delete(1, in: BrokerTable.messages)
        check(!journal.isSettled)
        check(journal.awaited == 1)
        let bytes = journal.extent
        let batch = journal.takeBatch()
        #expect(batch != nil)
        let none = journal.takeBatch()
        #expect(none == nil)
        check(journal.awaited == 1)
        check(journal.uncommittedBytes == bytes)
        check(!journal.isSettled)
        journal.wasCommitted(1)
        check(journal.isSettled)
        check(journal.uncommittedBytes == 0)
    }

    @Test("relaxed, no promise waits")
    func relaxed() {
        var journal = journal(.relaxed, .alone(hashSeed: 1))
        journal.delete(1, in: BrokerTable.messages)
        check(journal.isSettled)
    }
}
