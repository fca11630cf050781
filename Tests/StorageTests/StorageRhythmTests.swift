import Foundation
import Testing
import Transport

import Primitives
@testable import Storage

@Suite("When a storage thread commits, and what it does beside")
struct StorageRhythmTests {
    private typealias MemoryThread = StorageThread<MemoryStore, WriteBatch>

    private final class Record: Sendable {
        let groups = Locked<[Int]>([])
        let answers = DispatchSemaphore(value: 0)
        let beats = DispatchSemaphore(value: 0)

        func wait(_ what: DispatchSemaphore, count: Int) throws {
            for _ in 0..<count { try #require(what.wait(timeout: .now() + 20) == .success, "not in time") }
        }
    }

    private let record = Record()
    private static let long: Int64 = 3_600_000

    private func start(_ rhythm: StorageRhythm) throws -> MemoryThread {
        let record = record
        return try MemoryThread(
            name: "storage", rhythm: rhythm, open: { () throws(StorageError) in MemoryStore(format: .test, maximumBytes: 1 << 30) },
            commit: { store, group throws(StorageError) in
                record.groups.withLock { $0.append(group.count) }
                try store.apply(group)
            },
            beat: { _ in record.beats.signal() })
    }

    private func commit(_ numbers: ClosedRange<UInt64>, _ thread: MemoryThread) {
        let record = record
        for number in numbers { thread.commit(.puts([number])) { _ in record.answers.signal() } }
    }

    @Test("between two commits passes the interval, however much comes; who reads does not wait for it and sees everything")
    func reads() throws {
        let thread = try start(StorageRhythm(commitMilliseconds: Self.long))
        commit(1...1, thread)
        try record.wait(record.answers, count: 1)
        commit(2...51, thread)
        #expect(record.groups.withLock { $0 } == [1])
        let seen = Locked<[UInt64]>([])
        #expect(thread.read { store in seen.withLock { $0 = (try? store.numbers(.a)) ?? [] } })
        try record.wait(record.answers, count: 50)
        #expect(record.groups.withLock { $0 } == [1, 50])
        thread.close()
        #expect(seen.withLock { $0 } == Array(1...51))
    }

    @Test("what waits is committed when the interval is over, and nobody has to ask")
    func interval() throws {
        let thread = try start(StorageRhythm(commitMilliseconds: 20))
        for round in 0..<5 as Range<UInt64> {
            commit(round * 10 + 1...round * 10 + 10, thread)
            try record.wait(record.answers, count: 10)
        }
        #expect(record.groups.withLock { $0.reduce(0, +) } == 50)
        thread.close()
    }

    @Test("closing does not wait for the interval")
    func closes() throws {
        let thread = try start(StorageRhythm(commitMilliseconds: Self.long))
        commit(1...1, thread)
        try record.wait(record.answers, count: 1)
        commit(2...20, thread)
        thread.close()
        try record.wait(record.answers, count: 19)
        #expect(record.groups.withLock { $0 } == [1, 19])
    }

    @Test("it beats while nothing is asked for, and while what was asked for waits")
    func beats() throws {
        let thread = try start(StorageRhythm(commitMilliseconds: Self.long, beatMilliseconds: 5))
        try record.wait(record.beats, count: 3)
        commit(1...1, thread)
        try record.wait(record.answers, count: 1)
        commit(2...3, thread)
        try record.wait(record.beats, count: 3)
        #expect(record.groups.withLock { $0 } == [1])
        thread.close()
    }

    @Test("without a beat there is none")
    func quiet() throws {
        let thread = try start(StorageRhythm())
        for number in 1...20 as ClosedRange<UInt64> {
            commit(number...number, thread)
            try record.wait(record.answers, count: 1)
        }
        thread.close()
        #expect(record.beats.wait(timeout: .now()) == .timedOut)
    }
}
