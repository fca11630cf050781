import BrokerRecords
import Primitives
import Storage
import Testing
import Transport

@testable import Broker

/// No broker writes such rows, so a damaged store is their only source; `martlet doctor --repair` leaves one of each.
@Suite("A store with two sessions of one client, or two Wills of one session")
struct DoubledRowsTests {
    private let folder: DataFolder
    private let time = ManualTime()

    init() throws { folder = try DataFolder() }

    private func start(loops: Int) throws(BrokerStartError) -> BrokerThread {
        try BrokerThread(configuration: folder.configuration(loops: loops), log: folder.log, clock: .manual(time))
    }

    private func open() throws(StorageError) -> LMDBStore {
        let format = StoreFormat(name: BrokerTable.formatName, version: BrokerTable.formatVersion, tables: BrokerTable.names)
        return try LMDBStore(path: folder.store, format: format, maximumBytes: .max)
    }

    /// The numbers of a table, with the values.
    private func rows(_ table: Table) throws -> [(number: UInt64, value: [UInt8])] {
        var rows: [(UInt64, [UInt8])] = []
        try open().scan(table, from: 0) { number, value throws(StorageError) in
            rows.append((number, Array(value)))
            return true
        }
        return rows
    }

    /// Leaves a client that waits for a message, with a Will that waits for its delay, and one that waits for Wills.
    private func fill(loops: Int) throws {
        let broker = try start(loops: loops)
        let watcher = try Client(port: broker.ports[0], clientID: "watcher", expiry: 9_000)
        #expect(try watcher.subscribe("wills"))
        #expect(try watcher.leave())
        do {
            let client = try Client(port: broker.ports[0], clientID: "client", expiry: 9_000, will: ("wills", 1, 300))
            #expect(try client.subscribe("a"))
            // With the Will: it is not back, and did not say that it needs none.
            try client.send([0xE0, 1, 4])
            #expect(try client.next(1).isEmpty)
        }
        let publisher = try Client(port: broker.ports[0], clientID: "publisher")
        try publisher.send(0x32, Client.text("a") + [0, 7, 0, 42])
        #expect(try publisher.packet() == [0x40, 2, 0, 7])
        #expect(try publisher.leave())
        broker.stop()
    }

    /// Puts a row once more under a later number of the same shard.
    private func double(_ table: Table, where isWanted: ([UInt8]) -> Bool, _ change: (inout [UInt8]) -> Void = { _ in }) throws {
        var row = try #require(try rows(table).last { isWanted($0.value) })
        change(&row.value)
        var batch = WriteBatch()
        batch.put(row.value, at: row.number + 64 * 1_000, in: table)
        var store = try open()
        try store.apply(batch)
    }

    @Test("A start says that there is one too many, and the client has a session and what waited for it, once", arguments: [1, 2])
    func sessions(loops: Int) throws {
        try fill(loops: loops)
        try double(BrokerTable.sessions, where: { $0.ends(with: Array("client".utf8)) })
        for isFirst in [true, false] {
            let broker = try start(loops: loops)
            let client = try Client(port: broker.ports[0], clientID: "client", expiry: 9_000)
            #expect(client.hadSession)
            if isFirst {
                #expect(try client.packet() == [0x32, 7] + Client.text("a") + [0, 1, 0, 42])
                try client.send([0x40, 2, 0, 1])
            }
            try client.send([0xC0, 0])
            #expect(try client.packet() == [0xD0, 0])
            #expect(try client.leave())
            broker.stop()
        }
        // Of several shards the first tells what it could not read itself, and the client need not be its own.
        if loops == 1 {
            let log = folder.closeLog()
            let lines = log.split(separator: "\n").filter { $0.contains("store_unreadable") }
            #expect(lines.count == 2 && lines.allSatisfy { $0.contains("\"rows\":1,") && $0.contains("martlet doctor") }, "\(log)")
        }
    }

    @Test("The later Will is published when its delay has passed, and both rows are gone then", arguments: [1, 2])
    func wills(loops: Int) throws {
        try fill(loops: loops)
        try double(BrokerTable.wills, where: { _ in true }) { $0[$0.count - 1] = 2 }
        #expect(try rows(BrokerTable.wills).count == 2)
        let broker = try start(loops: loops)
        time.advance(bySeconds: 301)
        let watcher = try Client(port: broker.ports[0], clientID: "watcher", expiry: 9_000)
        #expect(watcher.hadSession)
        while case let packet = try watcher.packet(), packet.last != 2 { try #require(packet.first == 0x32) }
        #expect(try watcher.leave())
        broker.stop()
        #expect(try rows(BrokerTable.wills).isEmpty)
    }
}

extension [UInt8] {
    fileprivate func ends(with other: [UInt8]) -> Bool { suffix(other.count).elementsEqual(other) }
}
