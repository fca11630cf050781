import Foundation

/// A data directory for brokers of one test; it goes with this.
final class DataDirectory {
    private let folder: URL

    init() throws { folder = try Project.temporaryFolder() }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Does not exist before a broker makes it.
    var path: String { folder.appendingPathComponent("data").path }
    var store: String { path + "/store.lmdb" }

    func start(_ arguments: [String] = [], configuration: String = "", loops: Int = 1) throws -> Martletd {
        try Martletd(["--data", path] + arguments, configuration: configuration, loops: loops)
    }

    /// Runs a broker on it that is not expected to start: exit status, and what it said.
    func refusal(_ arguments: [String] = []) throws -> (status: Int32, errors: String) {
        let program = try Program(Martletd.path, ["--port", "0", "--data", path] + arguments)
        return (try program.waitForExit(), program.errors.text)
    }

    /// A client that keeps its session for minutes and has subscribed; it goes without a word.
    func leaveSession(_ clientID: String, subscribedTo filter: String, qos: UInt8, on broker: Martletd) throws {
        let client = try WireClient(port: broker.port)
        guard try client.open(clientID, clean: false, expiry: 200)?[3] == 0 else { throw Overdue(description: "\(clientID) is not let in") }
        try client.subscribe(filter, qos: qos)
    }
}

extension Martletd {
    /// Ends it; the exit status.
    @discardableResult
    func end(_ signal: Int32) throws -> Int32 {
        program.send(signal)
        return try program.waitForExit(within: 15)
    }
}
