import Foundation

/// A process we started, whose end can be waited for from any thread.
///
/// Not Foundation's: that one reads beyond a directory entry when it starts a process, which the address sanitizer does not let pass.
final class ChildProcess: @unchecked Sendable {
    let identifier: pid_t
    private let condition = NSCondition()
    private var status: Int32?

    /// No pipe of one process may be inherited by another that is started at the same moment.
    private static let starting = NSLock()

    /// - Parameter executable: a path, or a name to look for as the shell does
    init(_ executable: String, _ arguments: [String], output: ProcessOutput, errors: ProcessOutput) throws {
        identifier = try Self.starting.withLock {
            let ends = (try output.open(), try errors.open())
            defer {
                close(ends.0)
                close(ends.1)
            }
            return try Self.spawn(executable, arguments, output: ends.0, errors: ends.1)
        }
        Thread.detachNewThread { [self] in reap() }
    }

    private static func spawn(_ executable: String, _ arguments: [String], output: Int32, errors: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        // Signals a thread of ours has blocked are not blocked there.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = ([executable] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var started = pid_t()
        let problem = posix_spawnp(&started, executable, &actions, &attributes, &words, environ)
        guard problem == 0 else { throw Overdue(description: "\(executable) does not start: \(String(cString: strerror(problem)))") }
        return started
    }

    private func reap() {
        // Its number stays its own until the status is known here, so that no signal goes to another.
        var information = siginfo_t()
        while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        condition.withLock {
            var ended: Int32 = 0
            waitpid(identifier, &ended, 0)
            status = ended & 0x7F == 0 ? ended >> 8 & 0xFF : 128 + ended & 0x7F
            condition.broadcast()
        }
    }

    func send(_ signal: Int32) {
        condition.withLock {
            if status == nil { kill(identifier, signal) }
        }
    }

    /// The exit status, of a signal 128 and its number; nil when it still runs.
    func wait(within seconds: TimeInterval) -> Int32? {
        let deadline = Date(timeIntervalSinceNow: seconds)
        return condition.withLock {
            while status == nil, condition.wait(until: deadline) {}
            return status
        }
    }
}
