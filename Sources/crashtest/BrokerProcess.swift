import Glibc

/// The broker as a process that is started again and again on the same folder.
final class BrokerProcess {
    enum Failure: Error {
        case noStart(String)
        case ended(log: String)

        var text: String {
            switch self {
            case .noStart(let reason): "the broker does not start: \(reason)"
            case .ended(let log): "the broker has ended by itself; its log says:\n\(log)"
            }
        }
    }

    private let path: String
    let log: String
    private let data: String?
    private var identifier: pid_t?
    /// Where in the log the present process begins.
    private var logStart = 0

    /// - Parameters:
    ///   - folder: of the log, and of the data
    ///   - keepsData: it is told to
    init(path: String, folder: String, keepsData: Bool) {
        self.path = path
        log = "\(folder)/broker.log"
        data = keepsData ? "\(folder)/data" : nil
    }

    deinit { kill() }

    /// Does not wait until it listens.
    func start(loops: Int) throws(Failure) {
        logStart = Int(clamping: length)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        let arguments = [path, "--port", "0", "--loops", "\(loops)", "--log-format", "json"] + (data.map { ["--data", $0] } ?? [])
        // This process has blocked signals that the broker listens to.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var started = pid_t()
        let problem = posix_spawnp(&started, path, &actions, &attributes, &words, environ)
        guard problem == 0 else { throw .noStart("\(path): \(String(cString: strerror(problem)))") }
        identifier = started
    }

    /// The port it listens on; nil: it does not yet.
    func port() throws(Failure) -> UInt16? {
        let text = text(from: logStart)
        guard let line = text.split(separator: "\n").first(where: { $0.contains("\"listener_opened\"") && $0.hasSuffix("}") }) else {
            try expectAlive()
            return nil
        }
        let number = line.split(separator: ",").first { $0.hasPrefix("\"port\":") }?.dropFirst(7)
        guard let port = number.flatMap({ UInt16($0) }) else { throw .noStart("no port in \(line)") }
        return port
    }

    func expectAlive() throws(Failure) {
        guard let running = identifier else { return }
        var status: Int32 = 0
        guard waitpid(running, &status, WNOHANG) == running else { return }
        identifier = nil
        throw .ended(log: String(text(from: logStart).suffix(4_000)))
    }

    /// SIGKILL; returns when nothing is left of it.
    func kill() {
        guard let running = identifier else { return }
        identifier = nil
        Glibc.kill(running, SIGKILL)
        var status: Int32 = 0
        while waitpid(running, &status, 0) < 0, errno == EINTR {}
    }

    private var length: off_t {
        var information = stat()
        return stat(log, &information) == 0 ? information.st_size : 0
    }

    private func text(from start: Int) -> String {
        let descriptor = open(log, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        lseek(descriptor, off_t(start), SEEK_SET)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(descriptor, &chunk, chunk.count), count > 0 { bytes += chunk.prefix(count) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
