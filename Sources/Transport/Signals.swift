import CLinux
import Glibc

/// The signals that steer a daemon, read from a descriptor instead of interrupting a thread.
public struct Signals: ~Copyable {
    /// Readable for a `Poller` when a signal waits.
    public let descriptor: Int32

    /// What a signal asks for.
    public enum Signal: Sendable {
        /// SIGTERM
        case terminate
        /// SIGINT
        case interrupt
        /// SIGHUP
        case hangup
    }

    /// Blocks the signals in this thread and in all it will start, and ignores those that say a write failed: SIGPIPE, and SIGXFSZ of a
    /// file that may not grow. To be called before the first thread is started: a signal goes to any thread that does not block it.
    public init() throws(TransportError) {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, number) }
        let blocked = pthread_sigmask(SIG_BLOCK, &set, nil)
        guard blocked == 0 else { throw .system(call: "pthread_sigmask", errno: blocked) }
        let descriptor = signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
        guard descriptor >= 0 else { throw .system(call: "signalfd", errno: errno) }
        self.descriptor = descriptor
    }

    deinit { Socket.close(descriptor) }

    /// The next signal, or nil when none waits.
    public func next() -> Signal? {
        var info = signalfd_siginfo()
        guard read(descriptor, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size else {
            return nil
        }
        return switch Int32(bitPattern: info.ssi_signo) {
        case SIGTERM: .terminate
        case SIGINT: .interrupt
        case SIGHUP: .hangup
        default: nil
        }
    }
}
