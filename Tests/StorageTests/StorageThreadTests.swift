import Foundation
import Testing
import Transport

import Primitives
@testable import Storage

@Suite("The storage thread")
struct StorageThreadTests {
    private typealias MemoryThread = StorageThread<MemoryStore, WriteBatch>

    /// What commits and answers did, in their order.
    private final class Record: Sendable {
        let groups = Locked<[Int]>([])
        let answers = Locked<[String]>([])
        private let answered = DispatchSemaphore(value: 0)

        func answer(_ name: String) -> @Sendable (Result<Void, StorageError>) -> Void {
            { [self] result in
                let outcome =
                    switch result {
                    case .success: "done"
                    case .failure(.full): "full"
                    case .failure(let error): "\(error)"
                    }
                answers.withLock { $0.append("\(name) \(outcome)") }
                answered.signal()
            }
        }

        func wait(for count: Int) throws {
            for _ in 0..<count { try #require(answered.wait(timeout: .now() + 20) == .success, "no answer in time") }
        }
    }

    private let record = Record()

    private func start(maximumBytes: Int = 1 << 30, failing: StorageError? = nil) throws -> MemoryThread {
        let record = record
        return try MemoryThread(
            name: "storage", open: { () throws(StorageError) in MemoryStore(format: .test, maximumBytes: maximumBytes) },
            commit: { store, group throws(StorageError) in
                record.groups.withLock { $0.append(group.count) }
                if let failing { throw failing }
                try store.apply(group)
            })
    }

    /// Has the thread busy until the semaphore is signalled.
    private func hold(_ thread: MemoryThread) -> DispatchSemaphore {
        let isHeld = DispatchSemaphore(value: 0)
        let release = DispatchSemaphore(value: 0)
        #expect(
            thread.read { _ in
                isHeld.signal()
                _ = release.wait(timeout: .now() + 20)
            })
        #expect(isHeld.wait(timeout: .now() + 20) == .success)
        return release
    }

    @Test("what waits while the disk is busy becomes one transaction, answered in order")
    func groups() throws {
        let thread = try start()
        let release = hold(thread)
        for number in 1...100 as ClosedRange<UInt64> { thread.commit(.puts([number]), whenDone: record.answer("\(number)")) }
        release.signal()
        try record.wait(for: 100)
        #expect(record.groups.withLock { $0 } == [100])
        #expect(record.answers.withLock { $0 } == (1...100).map { "\($0) done" })
        thread.close()
    }

    @Test("a reader sees what was asked for before, and nothing that came later")
    func readsInOrder() throws {
        let thread = try start()
        let release = hold(thread)
        let record = record
        for number in 1...2 as ClosedRange<UInt64> {
            thread.commit(.puts([number]), whenDone: record.answer("\(number)"))
            #expect(
                thread.read { store in
                    let seen = (try? store.numbers(.a)) ?? []
                    record.answers.withLock { $0.append("read \(seen)") }
                })
        }
        release.signal()
        thread.close()
        #expect(record.answers.withLock { $0 } == ["1 done", "read [1]", "2 done", "read [1, 2]"])
    }

    @Test("of what waits together only what finds no room is refused")
    func refusesAlone() throws {
        let thread = try start(maximumBytes: 1_000)
        let release = hold(thread)
        for number in 1...12 as ClosedRange<UInt64> {
            thread.commit(.puts([number], bytes: number == 7 ? 5_000 : 50), whenDone: record.answer("\(number)"))
        }
        release.signal()
        try record.wait(for: 12)
        #expect(record.answers.withLock { $0 } == (1...12).map { $0 == 7 ? "7 full" : "\($0) done" })
        #expect(record.groups.withLock { $0.count } < 12)
        thread.close()
    }

    @Test("any other failure is that of the whole group, at once, and the next group is tried again")
    func fails() throws {
        let thread = try start(failing: .readOnly(path: "p"))
        let release = hold(thread)
        for number in 1...3 { thread.commit(WriteBatch(), whenDone: record.answer("\(number)")) }
        release.signal()
        try record.wait(for: 3)
        #expect(record.groups.withLock { $0 } == [3])
        thread.commit(WriteBatch(), whenDone: record.answer("4"))
        try record.wait(for: 1)
        #expect(record.answers.withLock { $0 } == (1...4).map { "\($0) \(StorageError.readOnly(path: "p"))" })
        thread.close()
    }

    @Test("closing answers everything first; afterwards nothing is taken")
    func closes() throws {
        let thread = try start()
        let release = hold(thread)
        for number in 1...50 as ClosedRange<UInt64> { thread.commit(.puts([number]), whenDone: record.answer("\(number)")) }
        release.signal()
        thread.close()
        #expect(record.answers.withLock { $0.count } == 50)
        thread.commit(.puts([51]), whenDone: record.answer("51"))
        #expect(record.answers.withLock { $0.last } == "51 \(StorageError.closed)")
        #expect(!thread.read { _ in })
        thread.close()
    }

    @Test("who opens gets the store's own error")
    func opens() {
        #expect(throws: StorageError.busy(path: "p", holder: nil)) {
            _ = try MemoryThread(
                name: "storage", open: { () throws(StorageError) in throw .busy(path: "p", holder: nil) }, commit: { _, _ in })
        }
    }

    @Test("a store nobody closed is let go of all the same")
    func forgotten() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        do {
            let thread = try StorageThread<LMDBStore, WriteBatch>(
                name: "storage", open: { () throws(StorageError) in try LMDBStore(path: path, format: .test, maximumBytes: 1 << 30) },
                commit: { store, group throws(StorageError) in try store.apply(group) })
            thread.commit(.puts([1]), whenDone: record.answer("1"))
        }
        try record.wait(for: 1)
        let deadline = Date(timeIntervalSinceNow: 20)
        while true {
            do throws(StorageError) {
                let store = try LMDBStore(path: path, format: .test, maximumBytes: 1 << 30)
                #expect((try? store.numbers(.a)) == [1])
                return
            } catch {
                try #require(Date() < deadline, "\(error)")
            }
        }
    }

    @Test("many askers at once lose nothing")
    func manyAskers() throws {
        let thread = try start()
        DispatchQueue.concurrentPerform(iterations: 8) { asker in
            for number in 0..<500 { thread.commit(.puts([UInt64(asker * 1_000 + number)]), whenDone: record.answer("\(asker)")) }
        }
        try record.wait(for: 4_000)
        #expect(record.answers.withLock { $0.allSatisfy { $0.hasSuffix("done") } })
        #expect(record.groups.withLock { $0.reduce(0, +) } == 4_000)
        thread.close()
    }
}
