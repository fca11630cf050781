import Primitives
import Testing
import Transport

@testable import Broker
@testable import BrokerCore

@Suite("What a shard hears of the disk")
struct ShardReportsTests {
    private func loaded(_ number: UInt64) -> LoadedMessages {
        let request = LoadRequest(session: 1, number: number, load: 0, records: [])
        return LoadedMessages(answering: request, bytes: SharedBytes(copying: ByteBuffer().bytes), count: 0)
    }

    /// A number each, those of commits negative.
    private func numbers(_ reports: [StorageReport]) -> [Int] {
        reports.map { report in
            switch report {
            case .committed(let number): return -Int(number)
            case .loaded(let messages):
                messages.bytes.release()
                return Int(messages.number)
            }
        }
    }

    @Test("nothing, when nothing was done")
    func nothing() throws {
        let box = try ReportsInBox()
        var reports: [StorageReport] = []
        box.reports.take(into: &reports)
        #expect(reports.isEmpty)
    }

    @Test("the last commit of several, and all that was read, in its order; each once")
    func takes() throws {
        let box = try ReportsInBox()
        for number in 1...5 as ClosedRange<UInt64> {
            box.reports.committed(number)
            box.reports.loaded(loaded(number))
        }
        var reports: [StorageReport] = []
        box.reports.take(into: &reports)
        #expect(numbers(reports) == [-5, 1, 2, 3, 4, 5])
        box.reports.take(into: &reports)
        #expect(reports.count == 6)
        box.reports.committed(6)
        #expect(numbers(try box.next()) == [-6])
    }

    @Test("a shard that sleeps is woken, by whatever thread")
    func wakes() throws {
        let box = try ReportsInBox()
        let reports = box.reports
        let thread = try Thread(name: "storage") { for number in 1...10_000 as ClosedRange<UInt64> { reports.committed(number) } }
        var last: UInt64 = 0
        while last < 10_000 {
            for case .committed(let number) in try box.next() {
                #expect(number > last)
                last = number
            }
        }
        thread.join()
    }

    @Test("what nobody takes any more is let go of")
    func forgotten() throws {
        let box = try ReportsInBox()
        box.reports.loaded(loaded(1))
    }
}
