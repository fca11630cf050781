import BrokerRecords
import Foundation
import Testing

@testable import martlet

@Suite("martlet doctor")
struct DoctorRunTests {
    @Test("A healthy store is done, one with findings has failed, and both are told")
    func check() async throws {
        let healthy = try SampleStore()
        let (output, failure) = await healthy.run()
        #expect(failure == nil && output.hasPrefix("\(healthy.path): healthy, 22 rows\n"))
        let ill = try SampleStore(SampleStore.rows + [.received(session: 77, packetID: 1)])
        let found = await ill.run()
        #expect(found.output.hasPrefix("\(ill.path): 1 finding, 23 rows\n  received session 77, packet 1: session 77 is not there\n"))
        #expect(found.failure?.status == .failed)
        #expect(await ill.run("--json").output.hasPrefix("{\"store\""))
        #expect(await ill.run("--queues", "1", "--by", "age").output.contains("Queues, by age:"))
    }

    @Test("Compaction makes the file smaller and changes no row")
    func compact() async throws {
        let store = try SampleStore()
        let numbers: ClosedRange<UInt64> = 1_000...3_000
        try store.apply { batch in
            for number in numbers { batch.put([UInt8](repeating: 7, count: 500), at: number, in: BrokerTable.meta) }
        }
        try store.apply { batch in for number in numbers { batch.delete(number, in: BrokerTable.meta) } }
        let before = store.directory.fileBytes
        let rows = try store.contents()
        #expect(await store.run().output.contains("MB reclaimable by --compact"))
        let (output, failure) = await store.run("--compact")
        #expect(failure == nil && output.hasPrefix("\(store.path): ") && output.contains(" MB before, "), "\(output)")
        let compacted = store.directory.fileBytes
        #expect(compacted < before / 5)
        #expect(try store.contents() == rows)
        #expect(
            await store.run("--compact", "--json").output
                == #"{"store":"\#(store.path)","before_bytes":\#(compacted),"after_bytes":\#(compacted)}"# + "\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: store.path).sorted() == ["store.lmdb", "store.lmdb.lock"])
    }

    @Test("A directory without a store, one that is none, and one in use are refused, and nothing is made there")
    func refused() async throws {
        let store = try SampleStore([])
        let none = store.path + "/none"
        #expect(await SampleStore.run([none]).failure == Failure(.failed, "\(none): No such file or directory"))
        #expect(
            await SampleStore.run([store.directory.file]).failure
                == Failure(.failed, "\(store.directory.file): expected the directory in which a broker keeps its store, found a file"))
        try FileManager.default.createDirectory(atPath: none, withIntermediateDirectories: true)
        for words in [[none], [none, "--compact"], [none, "--repair"], [none, "--export", "-"]] {
            #expect(await SampleStore.run(words).failure == Failure(.failed, "\(none): there is no store in it (no file store.lmdb)"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: none) == [])
        let open = try store.directory.open()
        for word in ["", "--compact", "--repair", "--export=-", "--import=/dev/null"] {
            let failure = await SampleStore.run([store.path] + (word.isEmpty ? [] : [word])).failure
            #expect(failure?.message?.contains("is in use by this process; stop the broker first") == true, "\(failure as Any)")
        }
        _ = consume open
    }

    @Test(
        "A command line that asks for several things, or for nothing, is a wrong one",
        arguments: [
            [], ["d", "--compact", "--repair"], ["d", "--compact", "--queues", "5"], ["d", "--export", "-", "--json"],
            ["d", "--repair", "--by", "age"],
        ])
    func usage(words: [String]) async {
        #expect(await SampleStore.run(words).failure?.status == .wrongUsage)
    }
}
