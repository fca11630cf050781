import Foundation
import Testing

@Suite("martlet doctor: as a process")
struct MartletDoctorTests {
    /// Lines of a small store; the last one refers to nothing.
    private static let lines = """
        {"kind":"store","format":"Martlet store","version":1}
        {"kind":"placement","shards":1,"hash_seed":"18446744073709551615"}
        {"kind":"session","number":1,"client":"lamp","disconnected":"2026-01-31T09:47:38.000000001Z","expiry_seconds":null}
        {"kind":"message","number":4,"topic":"a/b","qos":1,"retain":false,"arrived":"2026-01-31T09:47:39.000000000Z","expires":null,\
        "claims":[{"session":1,"packet":0,"qos":1,"retain":false}],"payload":"on"}

        """

    /// Runs a line of the shell with `$d`, an empty directory, and `$lines`, a file.
    private func shell(_ line: String, lines: String = lines) throws -> (status: Int32, output: String, errors: String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-doctor-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try lines.write(to: folder.appendingPathComponent("lines"), atomically: true, encoding: .utf8)
        return try Martlet.shell(0, "d=\(folder.path); lines=$d/lines; cd $d; set -e; " + line)
    }

    @Test("Export and import through pipes give the same bytes")
    func pipes() throws {
        let result = try shell(
            "$martlet doctor $d/a --import - <$lines >&2; $martlet doctor $d/a --export - | $martlet doctor $d/b --import - >&2; "
                + "$martlet doctor $d/b/ --export -")
        #expect(result.status == 0)
        #expect(result.output == Self.lines)
        #expect(result.errors.contains("a: 3 rows imported\n") && result.errors.contains("b: 3 rows imported\n"))
    }

    @Test("The exit status says whether a store is sound, and nothing but findings goes to standard error")
    func statuses() throws {
        let healthy = try shell(
            "$martlet doctor $d/a --import $lines >/dev/null; $martlet doctor $d/a --json; $martlet doctor $d/a --compact")
        #expect(healthy.status == 0 && healthy.errors.isEmpty)
        #expect(healthy.output.hasPrefix("{\"store\":") && healthy.output.contains(#""queued":{"count":1,"bytes":5}"#))
        let received = #"{"kind":"received","session":9,"packet":1}"# + "\n"
        let import9 = "$martlet doctor $d/a --import $lines >/dev/null; "
        let ill = try shell(import9 + "$martlet doctor $d/a", lines: Self.lines + received)
        #expect(ill.status == 1 && ill.output.contains("received session 9, packet 1: session 9 is not there\n"))
        #expect(ill.errors.contains("1 finding; --repair puts that right"))
        let repaired = try shell(import9 + "$martlet doctor $d/a --repair; $martlet doctor $d/a --export -", lines: Self.lines + received)
        #expect(repaired.status == 0 && repaired.output.hasSuffix(Self.lines))
        let quiet = try shell(import9 + "$martlet doctor $d/a --quiet >/dev/null", lines: Self.lines + received)
        #expect(quiet.status == 1 && quiet.errors.isEmpty)
        #expect(try shell("$martlet doctor").status == 2)
    }

    @Test("A store that another process has open is not looked at")
    func inUse() throws {
        let result = try shell("$martlet doctor $d/a --import $lines; flock $d/a/store.lmdb.lock $martlet doctor $d/a")
        #expect(result.status == 1)
        #expect(result.errors.contains("store.lmdb is in use by ") && result.errors.contains("stop the broker first"))
    }
}
