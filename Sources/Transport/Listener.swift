import CLinux
import Glibc

/// An address that takes connections.
public struct Listener: ~Copyable, Sendable {
    public let descriptor: Int32
    /// Where it listens; names the real port where port 0 was asked for.
    public let localAddress: SocketAddress

    /// Options of an address; those of TCP are inherited by its connections.
    public struct Options: Hashable, Sendable {
        /// Connections the kernel keeps until they are accepted (it allows at most net.core.somaxconn).
        public var backlog: Int32 = 4_096
        /// Allows listening while connections of an earlier run are still ending.
        public var reuseAddress = true
        /// Small writes leave at once.
        public var noDelay = true
        /// nil: a peer that vanished is found only when something is written to it.
        public var keepAlive: TCPKeepAlive? = TCPKeepAlive()

        public init() {}
    }

    /// What the kernel does to find out whether a silent peer is still there.
    public struct TCPKeepAlive: Hashable, Sendable {
        /// Seconds of silence before the first probe, 1 to 32,767.
        public var idleSeconds: Int32 = 120
        /// Seconds between probes, 1 to 32,767.
        public var intervalSeconds: Int32 = 15
        /// Unanswered probes after which the connection is broken, 1 to 127.
        public var probes: Int32 = 4

        public init() {}
    }

    /// What `accept` found.
    public enum Accepted: Equatable, Sendable {
        /// A non-blocking socket that the caller now owns.
        case connection(descriptor: Int32, peer: SocketAddress)
        /// Nobody waits.
        case none
        /// Somebody waits, but the process has no descriptor or memory left. The poller goes on reporting
        /// the listener: watch it for nothing until something was closed.
        case outOfDescriptors
    }

    /// Listens on `address`. `::` takes IPv4 connections as well.
    public init(on address: SocketAddress, options: Options = Options()) throws(TransportError) {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.domain, type, 0)
        guard descriptor >= 0 else { throw .listen(address, errno: errno) }
        guard Self.configure(descriptor, address, options),
            address.withSockaddr({ bind(descriptor, $0, $1) }) == 0,
            listen(descriptor, options.backlog) == 0,
            let local = Self.localAddress(of: descriptor)
        else {
            let reason = errno
            close(descriptor)
            throw .listen(address, errno: reason)
        }
        self.descriptor = descriptor
        localAddress = local
    }

    deinit { Socket.close(descriptor) }

    /// Takes one connection, if one waits.
    public func accept() -> Accepted {
        var storage = sockaddr_storage()
        while true {
            let accepted = clinux_accept(descriptor, &storage)
            if accepted >= 0 {
                guard let peer = SocketAddress(storage) else { preconditionFailure("a peer of another family") }
                return .connection(descriptor: accepted, peer: peer)
            }
            switch errno {
            case EAGAIN: return .none
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .outOfDescriptors
            case EINTR, ECONNABORTED: continue
            // The connection broke before it was accepted, in one of the many ways accept(2) lists. Should the
            // next one wait, the poller says so.
            default: return .none
            }
        }
    }

    private static func configure(_ descriptor: Int32, _ address: SocketAddress, _ options: Options) -> Bool {
        let tcp = Int32(IPPROTO_TCP)
        if options.reuseAddress, !Socket.setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) { return false }
        if address.family == .ipv6, !Socket.setOption(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) { return false }
        if options.noDelay, !Socket.setOption(descriptor, tcp, TCP_NODELAY, 1) { return false }
        guard let keepAlive = options.keepAlive else { return true }
        return Socket.setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
            && Socket.setOption(descriptor, tcp, TCP_KEEPIDLE, keepAlive.idleSeconds)
            && Socket.setOption(descriptor, tcp, TCP_KEEPINTVL, keepAlive.intervalSeconds)
            && Socket.setOption(descriptor, tcp, TCP_KEEPCNT, keepAlive.probes)
    }

    static func localAddress(of descriptor: Int32) -> SocketAddress? { SocketAddress { getsockname(descriptor, $0, $1) } }
}
