import BrokerCore
import BrokerRecords
import Foundation
import Primitives
import Storage
import Testing
import Transport

@testable import Broker

@Suite("A broker's start on a store")
struct StartOnStoreTests {
    private let folder: DataFolder

    init() throws { folder = try DataFolder() }

    /// What becomes of a broker on a thread of its own, which is let go of at the end; nil: it hangs.
    private func outcome(loops: Int, _ use: @escaping @Sendable (Broker) -> Int32) throws -> Int32? {
        let outcome = Locked<Result<Int32, BrokerStartError>?>(nil)
        let hasEnded = Semaphore()
        let (configuration, log) = (folder.configuration(loops: loops), folder.log)
        _ = try Thread(name: "broker") {
            do throws(BrokerStartError) {
                let broker = try Broker(configuration: configuration, log: log, handlesSignals: false)
                let status = use(broker)
                outcome.withLock { $0 = .success(status) }
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
            hasEnded.signal()
        }
        return hasEnded.wait(seconds: 20) ? try outcome.withLock { $0 }?.get() : nil
    }

    /// Far more messages than one page knows.
    private func fill() throws {
        let store = try folder.open()
        let box = try ReportsInBox()
        store.commit(.rows(1...3_000, in: BrokerTable.messages, bytes: 400), number: 1, for: box.reports)
        try box.waitForCommit(of: 1)
        store.close()
    }

    /// Makes the last way down from each page of branches lead beyond the end of the file; the ways before it are as they were.
    private static func cutBranches(_ path: String) -> Int {
        guard let file = FileHandle(forUpdatingAtPath: path), let bytes = try? file.readToEnd() else { return 0 }
        func number(_ offset: Int) -> Int { Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 }
        var count = 0
        for page in stride(from: 2 * 4_096, to: bytes.count, by: 4_096) where number(page + 10) == 1 {
            let node = number(page + number(page + 12) - 2)
            // The upper third of the number of the page below.
            try? file.seek(toOffset: UInt64(page + node + 4))
            try? file.write(contentsOf: Data([0, 1]))
            count += 1
        }
        return count
    }

    @Test(
        "A store that cannot be read to its end ends it with status 1 and a line that says why, and nothing is changed", arguments: [1, 3])
    func unreadable(loops: Int) throws {
        try fill()
        let path = folder.store
        let damaged = Locked(Data())
        let status = try outcome(loops: loops) { broker in
            // Checked when it was opened, it is damaged while it is read.
            if Self.cutBranches(path) == 0 { Issue.record("no branch") }
            damaged.withLock { $0 = FileManager.default.contents(atPath: path) ?? Data() }
            return broker.run()
        }
        #expect(status == 1)
        #expect(folder.bytes(path) == damaged.withLock { $0 })
        #expect { try folder.open(.refuse) } throws: { ($0 as? StorageError)?.isDamage == true }
        let log = folder.closeLog()
        let line = log.split(separator: "\n").first { $0.contains("store_unreadable") }
        #expect(line?.contains("messages") == true && line?.contains("\(path) is damaged") == true, "\(log)")
        #expect(
            line?.contains("the broker ends and has changed nothing; `martlet doctor` on its data directory says more") == true, "\(log)")
        #expect(log.contains("broker_stopped"))
    }

    @Test("One that never ran ends its loops and lets go of its directory", arguments: [1, 3])
    func neverRuns(loops: Int) throws {
        try fill()
        for _ in 0..<10 { try #require(try outcome(loops: loops) { _ in 5 } == 5) }
        let status = try outcome(loops: loops) { broker in
            broker.stopper.stop()
            return broker.run()
        }
        #expect(status == 0)
    }

    @Test("One whose port is taken ends its loops and lets go of its directory, too")
    func takenPort() throws {
        try fill()
        let listener = try OpenListener(ListenerConfiguration(port: 0))
        var configuration = folder.configuration(loops: 3)
        configuration.listeners.append(ListenerConfiguration(port: listener.socket.localAddress.port))
        for _ in 0..<10 {
            let error = #expect(throws: BrokerStartError.self) { _ = try BrokerThread(configuration: configuration, log: folder.log) }
            guard case .network? = error else { return _ = Issue.record("\(error as Any)") }
        }
    }
}
