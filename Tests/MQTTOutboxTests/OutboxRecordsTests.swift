import MQTTClient
import Primitives
import Storage
import Testing

@testable import MQTTOutbox

@Suite("An outbox as records")
struct OutboxRecordsTests {
    private func store(_ batch: WriteBatch = WriteBatch()) throws(StorageError) -> MemoryStore {
        var store = MemoryStore(format: OutboxTable.format, maximumBytes: 10_000)
        try store.apply(batch)
        return store
    }

    @Test("a group of many commits gives what they give one by one")
    func groups() throws {
        let changes: [[OutboxChange]] = [
            [.add(message(1)), .add(message(2))], [.begin(packetID: 5, sequence: 1)], [.remove(sequence: 2), .add(message(3))],
            [.release(packetID: 5, sequence: 1), .begin(packetID: 6, sequence: 3)], [.end(packetID: 5, sequence: 1)], [.add(message(4))],
        ]
        var together = try OutboxRecords(try store(), path: "p")
        try together.commit(changes[...])
        var alone = try OutboxRecords(try store(), path: "p")
        for change in changes { try alone.commit([change]) }
        let stored = try together.stored()
        #expect(
            stored
                == StoredOutbox(
                    messages: 2, bytes: 7, lastSequence: 4, exchanges: [StoredExchange(packetID: 6, sequence: 3, message: message(3))]))
        #expect(try alone.stored() == stored)
        #expect(try together.messages(after: 0, bytes: 100) == [message(4)])
        #expect(try alone.messages(after: 0, bytes: 100) == [message(4)])
    }

    @Test("a group that fails changes nothing, totals included")
    func fails() throws {
        var records = try OutboxRecords(try store(), path: "p")
        try records.commit([[.add(message(1))]])
        let before = try records.stored()
        #expect(throws: StorageError.self) {
            try records.commit([[.remove(sequence: 1)], [.add(StoredMessage(sequence: 2, content: Array(repeating: 0, count: 20_000)))]])
        }
        #expect(try records.stored() == before)
        #expect(try records.messages(after: 0, bytes: 100) == [message(1)])
    }

    @Test("totals and exchanges that cannot be are told as damage")
    func damaged() throws {
        var totals = WriteBatch()
        totals.put([1, 2, 3], at: 0 as UInt64, in: OutboxTable.totals)
        #expect(throws: StorageError.corrupt(path: "p", reason: "its totals have 3 bytes")) {
            _ = try OutboxRecords(try store(totals), path: "p")
        }
        var exchange = WriteBatch()
        exchange.put([1], at: 1 as UInt64, in: OutboxTable.exchanges)
        let records = try OutboxRecords(try store(exchange), path: "p")
        #expect(throws: StorageError.corrupt(path: "p", reason: "an exchange has 1 bytes")) { _ = try records.stored() }
    }

    private func message(_ sequence: UInt64) -> StoredMessage {
        StoredMessage(sequence: sequence, content: [UInt8](repeating: 1, count: Int(sequence)))
    }
}
