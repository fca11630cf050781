import Glibc

/// What the operating system refused, in words a user can act on.
public enum TransportError: Error, Equatable, Sendable {
    /// An address that cannot be listened on; `errno` says why.
    case listen(SocketAddress, errno: Int32)
    /// A peer that cannot be reached; `errno` says why.
    case connect(SocketAddress, errno: Int32)
    /// Any other system call, by its name.
    case system(call: String, errno: Int32)

    /// The number the system gave.
    public var errno: Int32 {
        switch self {
        case .listen(_, let errno), .connect(_, let errno), .system(_, let errno): errno
        }
    }
}

extension TransportError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .listen(let address, let errno):
            "cannot listen on \(address): \(Self.whyNotListening(address, errno))"
        case .connect(let address, let errno):
            "cannot connect to \(address): \(Self.reason(errno))"
        case .system(let call, let errno):
            "\(call) failed: \(Self.reason(errno))"
        }
    }

    private static func whyNotListening(_ address: SocketAddress, _ errno: Int32) -> String {
        switch errno {
        case EADDRINUSE:
            "the port is in use; stop the process that holds it (ss -ltnp 'sport = :\(address.port)' shows it) "
                + "or choose another port"
        case EACCES, EPERM:
            "permission denied; choose a port above 1023 or grant the capability CAP_NET_BIND_SERVICE"
        case EADDRNOTAVAIL:
            "this machine does not have that address; choose one that `ip address` shows, or 0.0.0.0 or :: for all"
        case EAFNOSUPPORT:
            "this machine does not speak that kind of address (is IPv6 switched off?)"
        default:
            reason(errno)
        }
    }

    private static func reason(_ errno: Int32) -> String {
        switch errno {
        case EMFILE: "too many open files; raise the limit (ulimit -n, or LimitNOFILE in the unit)"
        case ENFILE: "the machine has too many open files; raise fs.file-max"
        case ENOSPC: "the limit fs.epoll.max_user_watches is reached; raise it"
        default: text(of: errno)
        }
    }

    private static func text(of errno: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            buffer.initialize(repeating: 0)
            guard let start = buffer.baseAddress, strerror_r(errno, start, buffer.count - 1) == 0 else {
                return "error \(errno)"
            }
            return String(cString: start)
        }
    }
}
