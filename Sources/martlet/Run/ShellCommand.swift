import Glibc

/// A command of the shell, with something to read and something to say.
enum ShellCommand {
    struct Ended: Equatable, Sendable {
        var output: [UInt8] = []
        /// Why its output may not be what was wanted.
        var problem: String?
    }

    /// Runs it to its end; blocks the thread meanwhile.
    static func run(_ command: String, input: [UInt8], environment: [String: String]) -> Ended {
        var ends: [Int32] = [-1, -1]
        // One socket is its standard input and output: each direction is closed alone.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { return failed(errno) }
        defer { close(ends[0]) }
        var process = pid_t()
        let problem = spawn(command, ends[1], environment, &process)
        close(ends[1])
        guard problem == 0 else { return failed(problem) }
        let output = exchange(input, on: ends[0])
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        if status & 0x7F != 0 { return Ended(output: output, problem: "ended by signal \(status & 0x7F)") }
        return Ended(output: output, problem: status == 0 ? nil : "exit status \(status >> 8 & 0xFF)")
    }

    private static func failed(_ problem: Int32) -> Ended { Ended(problem: String(cString: strerror(problem))) }

    private static func spawn(_ command: String, _ end: Int32, _ environment: [String: String], _ process: inout pid_t) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, end, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, end, STDOUT_FILENO)
        // What this process blocks and ignores is its own affair.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/sh"), strdup("-c"), strdup(command), nil]
        var variables: [UnsafeMutablePointer<CChar>?] = everyVariable(with: environment).map { strdup($0) }
        variables.append(nil)
        defer { (words + variables).forEach { free($0) } }
        return posix_spawn(&process, "/bin/sh", &actions, &attributes, &words, &variables)
    }

    private static func everyVariable(with more: [String: String]) -> [String] {
        var variables: [String] = []
        var next = environ
        while let variable = next.pointee {
            variables.append(String(cString: variable))
            next += 1
        }
        return variables.filter { variable in !more.keys.contains { variable.hasPrefix("\($0)=") } } + more.map { "\($0.key)=\($0.value)" }
    }

    /// Writes and reads as either can go on, so that neither waits for the other.
    private static func exchange(_ input: [UInt8], on socket: Int32) -> [UInt8] {
        var output: [UInt8] = []
        var rest = input[...]
        var buffer = [UInt8](repeating: 0, count: 65_536)
        if rest.isEmpty { shutdown(socket, Int32(SHUT_WR)) }
        while true {
            var interest = pollfd(fd: socket, events: Int16(POLLIN) | (rest.isEmpty ? 0 : Int16(POLLOUT)), revents: 0)
            if poll(&interest, 1, -1) < 0 { continue }
            if interest.revents & Int16(POLLOUT) != 0, !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    send(socket, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
                }
                // It need not read what it was given.
                rest = count > 0 ? rest.dropFirst(count) : count < 0 && errno != EAGAIN && errno != EINTR ? [] : rest
                if rest.isEmpty { shutdown(socket, Int32(SHUT_WR)) }
            }
            if interest.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
                let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                if count > 0 {
                    output += buffer[..<count]
                } else if count == 0 || errno != EAGAIN && errno != EINTR {
                    return output
                }
            }
        }
    }
}
