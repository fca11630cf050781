import Foundation
import MQTTClient
import Primitives
import Storage
import Testing

@testable import MQTTOutbox

@Suite("An outbox on disk")
struct DiskOutboxTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("outbox")
    }

    /// Opens, has it changed, closes, and opens again to tell what is there: a restart.
    private func restart(after changes: [OutboxChange]...) throws -> (stored: StoredOutbox, queue: [StoredMessage]) {
        let outbox = DiskOutbox(path: path)
        _ = try outbox.open()
        for group in changes { try outbox.commit(group) }
        outbox.close()
        let again = DiskOutbox(path: path)
        defer { again.close() }
        return (try again.open(), try again.load(after: 0, bytes: .max))
    }

    @Test("a new one is empty, and there after a restart")
    func empty() throws {
        let (stored, queue) = try restart()
        #expect(stored == StoredOutbox())
        #expect(queue.isEmpty)
    }

    @Test("accepted messages are there after a restart, in order, with their count and bytes")
    func adds() throws {
        let messages = [message(1, "one"), message(2, "three"), message(3, "")]
        let (stored, queue) = try restart(after: [.add(messages[0])], [.add(messages[1]), .add(messages[2])])
        #expect(stored == StoredOutbox(messages: 3, bytes: 8, lastSequence: 3))
        #expect(queue == messages)
    }

    @Test("who closes it while another one does returns when it is closed, so that it can be opened again")
    func closesTwice() async throws {
        for number in 1...20 as ClosedRange<UInt64> {
            let outbox = DiskOutbox(path: path)
            _ = try outbox.open()
            for offset in 0..<20 as Range<UInt64> { outbox.commit([.add(message(number * 100 + offset))]) { _ in } }
            async let other: Void = outbox.close()
            outbox.close()
            let again = DiskOutbox(path: path)
            _ = try again.open()
            again.close()
            await other
        }
    }

    @Test("what is in flight is told when opening and is not in the queue")
    func begins() throws {
        let (stored, queue) = try restart(after: [.add(message(1)), .add(message(2)), .add(message(3)), .begin(packetID: 700, sequence: 2)])
        #expect(stored.exchanges == [StoredExchange(packetID: 700, sequence: 2, message: message(2))])
        #expect(stored.messages == 3)
        #expect(queue == [message(1), message(3)])
    }

    @Test("after PUBREC the exchange stays without its message")
    func releases() throws {
        let (stored, queue) = try restart(
            after: [.add(message(1)), .begin(packetID: 9, sequence: 1)], [.release(packetID: 9, sequence: 1)])
        #expect(
            stored
                == StoredOutbox(lastSequence: 1, exchanges: [StoredExchange(packetID: 9, sequence: 1, message: nil)]))
        #expect(queue.isEmpty)
    }

    @Test("exchanges that are over leave nothing, and no sequence comes twice", arguments: [true, false])
    func ends(isReleased: Bool) throws {
        let release: [OutboxChange] = isReleased ? [.release(packetID: 9, sequence: 5)] : []
        let (stored, queue) = try restart(
            after: [.add(message(5)), .begin(packetID: 9, sequence: 5)] + release, [.end(packetID: 9, sequence: 5)])
        #expect(stored == StoredOutbox(lastSequence: 5))
        #expect(queue.isEmpty)
    }

    @Test("a message that is taken out is gone, once, however often that is said")
    func removes() throws {
        let (stored, queue) = try restart(
            after: [.add(message(1)), .add(message(2)), .remove(sequence: 1), .remove(sequence: 1)], [.remove(sequence: 1)])
        #expect(stored == StoredOutbox(messages: 1, bytes: 2, lastSequence: 2))
        #expect(queue == [message(2)])
    }

    @Test("when the Session is gone its messages are the first of the queue, and released exchanges are dropped")
    func forgets() throws {
        let (stored, queue) = try restart(
            after: (1...4).map { .add(message($0)) } + [
                .begin(packetID: 1, sequence: 1), .begin(packetID: 2, sequence: 2), .begin(packetID: 3, sequence: 3),
            ], [.release(packetID: 1, sequence: 1), .forgetExchanges, .begin(packetID: 1, sequence: 2)])
        #expect(
            stored
                == StoredOutbox(
                    messages: 3, bytes: 6, lastSequence: 4, exchanges: [StoredExchange(packetID: 1, sequence: 2, message: message(2))]))
        #expect(queue == [message(3), message(4)])
    }

    @Test("exchanges come back in the order of their messages, whatever their Packet Identifiers")
    func exchangeOrder() throws {
        let packetIDs: [UInt16] = [65_535, 3, 256, 1]
        let begun = packetIDs.enumerated().map { OutboxChange.begin(packetID: $1, sequence: UInt64($0 + 1)) }
        let (stored, _) = try restart(after: (1...4).map { .add(message($0)) } + begun)
        #expect(stored.exchanges.map(\.packetID) == packetIDs)
        #expect(stored.exchanges.map(\.sequence) == [1, 2, 3, 4])
    }

    @Test("the queue is read in pieces, each at least one message")
    func loads() throws {
        let outbox = DiskOutbox(path: path)
        defer { outbox.close() }
        _ = try outbox.open()
        try outbox.commit((1...10).map { .add(message($0, String(repeating: "x", count: 100))) })
        #expect(try outbox.load(after: 0, bytes: 250).map(\.sequence) == [1, 2, 3])
        #expect(try outbox.load(after: 3, bytes: 1).map(\.sequence) == [4])
        #expect(try outbox.load(after: 8, bytes: 10_000).map(\.sequence) == [9, 10])
        #expect(try outbox.load(after: 10, bytes: 10_000).isEmpty)
        #expect(try outbox.load(after: .max, bytes: 10_000).isEmpty)
    }

    @Test("a full outbox refuses messages, still sends what it has, and then takes some again")
    func full() throws {
        let outbox = DiskOutbox(path: path, maximumBytes: 200_000)
        defer { outbox.close() }
        _ = try outbox.open()
        var next: UInt64 = 1
        var refusal: OutboxStoreError?
        while refusal == nil {
            do throws(OutboxStoreError) {
                try outbox.commit([.add(message(next, String(repeating: "x", count: 1_000)))])
                next += 1
            } catch {
                refusal = error
            }
        }
        #expect(refusal?.reason == "\(path) is full: it may have 200000 bytes; allow it more, or let what is in it go")
        #expect(next > 100)
        for sequence in 1..<next { try outbox.commit([.begin(packetID: UInt16(sequence), sequence: sequence)]) }
        // The refused one has no exchange: its sender was told.
        try outbox.commit([.begin(packetID: 999, sequence: next)])
        for sequence in 1..<next { try outbox.commit([.end(packetID: UInt16(sequence), sequence: sequence)]) }
        try outbox.commit([.add(message(next + 1))])
        outbox.close()
        #expect(try outbox.open() == StoredOutbox(messages: 1, bytes: 2, lastSequence: next + 1))
    }

    @Test("what was answered is in the file when the process is killed that moment")
    func killed() throws {
        let outbox = DiskOutbox(path: path)
        defer { outbox.close() }
        _ = try outbox.open()
        for sequence in 1...10 as ClosedRange<UInt64> {
            try outbox.commit([.add(message(sequence)), .begin(packetID: UInt16(sequence), sequence: sequence)])
            let copy = DiskOutbox(path: directory.file("copy\(sequence)"))
            try FileManager.default.copyItem(atPath: path, toPath: directory.file("copy\(sequence)"))
            #expect(try copy.open().exchanges.map(\.sequence) == Array(1...sequence))
            copy.close()
        }
    }

    @Test("a second one on the same file is refused, until the first is closed")
    func second() throws {
        let outbox = DiskOutbox(path: path)
        _ = try outbox.open()
        let other = DiskOutbox(path: path)
        let error = #expect(throws: OutboxStoreError.self) { _ = try other.open() }
        #expect(error?.reason.hasPrefix("\(path) is in use by this process; one process at a time may have it") == true)
        outbox.close()
        _ = try other.open()
        other.close()
    }

    @Test("a file that is no outbox is refused by name and stays as it is")
    func foreign() throws {
        try "important".write(toFile: path, atomically: false, encoding: .utf8)
        let error = #expect(throws: OutboxStoreError.self) { _ = try DiskOutbox(path: path).open() }
        #expect(error?.reason.hasPrefix("\(path) is no Martlet outbox") == true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "important")
    }

    @Test("a file of a later version is refused, and so is one that was cut")
    func refused() throws {
        _ = try restart(after: [.add(message(1, String(repeating: "x", count: 50_000)))])
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try whole.prefix(20_000).write(to: URL(fileURLWithPath: path))
        let cut = #expect(throws: OutboxStoreError.self) { _ = try DiskOutbox(path: path).open() }
        #expect(cut?.reason.hasPrefix("\(path) is damaged (page ") == true)
        #expect(cut?.reason.hasSuffix("restore it from a backup, or move it away to begin with an empty one") == true)
        let later = directory.file("later")
        do {
            let format = StoreFormat(name: OutboxTable.format.name, version: 2, tables: ["new"])
            _ = try LMDBStore(path: later, format: format, maximumBytes: 1 << 20)
        }
        let newer = #expect(throws: OutboxStoreError.self) { _ = try DiskOutbox(path: later).open() }
        #expect(newer?.reason.hasPrefix("\(later) has format version 2, this program knows none above 1") == true)
    }

    @Test("a closed one says so")
    func closed() throws {
        let outbox = DiskOutbox(path: path)
        #expect(throws: OutboxStoreError.self) { try outbox.commit([.add(message(1))]) }
        #expect(throws: OutboxStoreError.self) { _ = try outbox.load(after: 0, bytes: 1) }
        _ = try outbox.open()
        outbox.close()
        let error = #expect(throws: OutboxStoreError.self) { try outbox.commit([.add(message(1))]) }
        #expect(error?.reason == "the store is closed; open it first")
        outbox.close()
    }
}

private func message(_ sequence: UInt64, _ content: String = "ab") -> StoredMessage {
    StoredMessage(sequence: sequence, content: Array(content.utf8))
}

extension DiskOutbox {
    /// Commits and waits.
    fileprivate func commit(_ changes: [OutboxChange]) throws(OutboxStoreError) {
        let answer = Answer<Void>()
        commit(changes) { answer.give($0) }
        try answer.wait()
    }

    fileprivate func load(after sequence: UInt64, bytes: Int) throws(OutboxStoreError) -> [StoredMessage] {
        let answer = Answer<[StoredMessage]>()
        load(after: sequence, bytes: bytes) { answer.give($0) }
        return try answer.wait()
    }
}
