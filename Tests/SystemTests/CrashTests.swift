import Foundation
import Testing

@Suite("What the broker has acknowledged survives kill -9")
struct CrashTests {
    /// A small size of `make crash`.
    @Test(
        "Messages, order, what is retained, Wills and sessions hold, whatever the instant",
        arguments: [("1", "1"), ("2", "vary")])
    func held(seed: String, loops: String) throws {
        let run = try start(["--kills", "10", "--seed", seed, "--loops", loops])
        try ForeignClients.expectSuccess(run, "crashtest --seed \(seed)")
        #expect(run.output.text.contains("seed \(seed) held: 10 kills"), "\(run.output.text)")
    }

    @Test("A broker that keeps nothing on disk is found to lose something")
    func detected() throws {
        let run = try start(["--kills", "1", "--no-data"])
        #expect(try run.waitForExit(within: 60) == 1)
        let kept = run.output.text.split(separator: "\n").first { $0.hasPrefix("kept: ") }
        #expect(run.output.text.contains("fails after 1 kills"), "\(run.output.text)\(run.errors.text)")
        if let path = kept?.dropFirst(6).components(separatedBy: "/data,").first { try FileManager.default.removeItem(atPath: path) }
    }

    private func start(_ arguments: [String]) throws -> Program {
        try Program(Project.buildFolder.appendingPathComponent("crashtest").path, ["--martletd", Martletd.path] + arguments)
    }
}
