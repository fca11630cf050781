import Foundation

/// What did not happen in time, with what was seen instead.
struct Overdue: Error, CustomStringConvertible {
    let description: String
}

/// Far enough away for a slow machine; a test that comes to it has failed.
let patience: TimeInterval = 30

/// What a process writes into one of its streams, as it comes.
final class ProcessOutput: @unchecked Sendable {
    private let condition = NSCondition()
    private var bytes: [UInt8] = []
    private var hasEnded = false

    /// The end to write to; what comes through it is kept from now on.
    func open() throws -> Int32 {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Overdue(description: "no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let reading = ends[0]
        Thread.detachNewThread { [self] in
            follow(reading)
            close(reading)
        }
        return ends[1]
    }

    private func follow(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            condition.withLock {
                bytes += buffer.prefix(max(0, count))
                hasEnded = count <= 0
                condition.broadcast()
            }
            if count <= 0 { return }
        }
    }

    var text: String { condition.withLock { String(decoding: bytes, as: UTF8.self) } }

    /// Whole lines.
    var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }

    /// Waits until `find` makes something of the lines there are.
    func wait<Found>(for what: String, within seconds: TimeInterval = patience, _ find: ([String]) -> Found?) throws -> Found {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while true {
            let (seen, ended) = condition.withLock { (bytes.count, hasEnded) }
            if let found = find(lines) { return found }
            let isOver = condition.withLock {
                while bytes.count == seen, !hasEnded, condition.wait(until: deadline) {}
                return bytes.count == seen && (ended || Date() >= deadline)
            }
            if isOver { throw Overdue(description: "no \(what) in: \(text.suffix(4_000))") }
        }
    }

    @discardableResult
    func waitForLine(_ part: String, within seconds: TimeInterval = patience) throws -> String {
        try wait(for: part, within: seconds) { $0.first { $0.contains(part) } }
    }

    func waitForEnd() throws {
        let deadline = Date(timeIntervalSinceNow: patience)
        let ended = condition.withLock {
            while !hasEnded, condition.wait(until: deadline) {}
            return hasEnded
        }
        guard ended else { throw Overdue(description: "a stream stays open: \(text)") }
    }
}
