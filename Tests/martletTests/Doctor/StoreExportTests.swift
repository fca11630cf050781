import Foundation
import Primitives
import Testing

@testable import martlet

@Suite("martlet doctor --export and --import")
struct StoreExportTests {
    @Test("What is exported and imported is exported again as the same bytes, and each row is the same")
    func roundTrip() async throws {
        let store = try SampleStore()
        let file = store.path + "/lines"
        #expect(await store.run("--export", file) == ("", nil))
        let lines = try String(contentsOfFile: file, encoding: .utf8)
        #expect(lines.hasPrefix("{\"kind\":\"store\",\"format\":\"Martlet store\",\"version\":1}\n{\"kind\":\"meta\""))
        #expect(lines.split(separator: "\n").count == SampleStore.rows.count + 1)
        #expect(lines.split(separator: "\n").allSatisfy { JSONText.isValid(Array($0.utf8)) })

        let copy = store.path + "/copy"
        #expect(await SampleStore.run([copy, "--import", file]) == ("\(copy): 22 rows imported\n", nil))
        #expect(await SampleStore.run([copy, "--export", "-"]) == (lines, nil))
        #expect(try FileManager.default.contentsOfDirectory(atPath: copy).sorted() == ["store.lmdb", "store.lmdb.lock"])
        let rows = try store.contents()
        #expect(try StoreDirectory(copy).rows() == rows && rows.count == SampleStore.rows.count)
        #expect(await SampleStore.run([copy]).failure == nil)
    }

    @Test("Many rows, too, and large ones")
    func many() async throws {
        let store = try SampleStore([SampleStore.placement, SampleStore.session(1, "c")])
        try store.apply { batch in
            for number in 1...1_000 {
                let payload = [UInt8](repeating: UInt8(number & 255), count: number)
                BrokerRow.message(UInt64(number), SampleStore.message(payload: payload, claims: [SampleStore.claim(1)])).put(into: &batch)
            }
        }
        let file = store.path + "/lines"
        #expect(await store.run("--export", file).failure == nil)
        let copy = store.path + "/copy"
        #expect(await SampleStore.run([copy, "--import", file]).output == "\(copy): 1,002 rows imported\n")
        let again = store.path + "/again"
        #expect(await SampleStore.run([copy, "--export", again]).failure == nil)
        #expect(FileManager.default.contentsEqual(atPath: file, andPath: again))
    }

    @Test(
        "A line that is wrong is named with its field, and nothing is left of the rest",
        arguments: [
            (#"{"kind":"received","session":1,"packet":"x"}"#, "packet: expected a whole number from 0 to 65535, found \"x\""),
            (#"{"kind":"received","session":1,"#, "byte 32: expected a name in quotes"),
            (
                #"{"kind":"subscription","number":1,"session":1,"filter":"a#","maximum_qos":0,"no_local":false,"retain_as_published":false,"#
                    + #""identifier":null}"#, nil
            ),
        ] as [(String, String?)])
    func wrong(line: String, words: String?) async throws {
        let store = try SampleStore([])
        let file = store.path + "/lines"
        try "\n\(SampleStore.session(1, "c").json)\n\(line)\n".write(toFile: file, atomically: true, encoding: .utf8)
        let copy = store.path + "/copy"
        let (output, failure) = await SampleStore.run([copy, "--import", file])
        let message = words.map { "\(file), line 3, \($0)" } ?? "\(file), line 3: its filter is no Topic Filter"
        #expect(output.isEmpty && failure == Failure(.failed, message))
        #expect(try FileManager.default.contentsOfDirectory(atPath: copy) == ["store.lmdb.lock"])
    }

    @Test("Import into a store with something in it is refused; into an empty one it is not")
    func target() async throws {
        let store = try SampleStore()
        let file = store.path + "/lines"
        #expect(await store.run("--export", file).failure == nil)
        let before = try store.contents()
        #expect(
            await store.run("--import", file).failure
                == Failure(.failed, "\(store.path): expected a new or an empty directory, found a store with something in it"))
        #expect(try store.contents() == before)
        let empty = try SampleStore([])
        #expect(await empty.run("--import", file, "--json").output == #"{"store":"\#(empty.path)","rows":22}"# + "\n")
    }

    @Test("Rows that cannot be read are left out, and said")
    func unreadable() async throws {
        let store = try SampleStore([SampleStore.placement])
        try store.apply { $0.put([1], at: 4, in: Table(1)) }
        let (output, failure) = await store.run("--export", "-")
        #expect(output.split(separator: "\n").count == 2)
        #expect(
            failure?.message
                == "\(store.path): 1 row could not be read and was left out, the first one sessions 4: its value is no session")
    }
}
