import CLinux
import Glibc

/// Reading, writing and ending a stream socket, by its descriptor; nothing here blocks but `connect`.
public enum Socket {
    /// From `receive` and `discard`: the peer has sent all it wants to send.
    public static let endOfStream = 0
    /// Nothing can be done now: wait for the poller.
    public static let wouldBlock = -1
    /// The connection is lost.
    public static let broken = -2

    /// Reads what is there. Returns the number of bytes (> 0), `endOfStream`, `wouldBlock` or `broken`.
    public static func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        precondition(!buffer.isEmpty, "no room to receive into")
        return retrying { recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT)) }
    }

    /// Throws away up to `limit` bytes that came, without copying them; returns what `receive` returns.
    public static func discard(_ descriptor: Int32, limit: Int) -> Int {
        retrying { recv(descriptor, nil, limit, Int32(MSG_DONTWAIT | MSG_TRUNC)) }
    }

    /// Writes the segments in order. Returns how many bytes the kernel took, which may be fewer than given,
    /// `wouldBlock` or `broken`.
    public static func send(_ descriptor: Int32, segments: UnsafeBufferPointer<iovec>) -> Int {
        let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
        guard let first = segments.first else { return 0 }
        if segments.count == 1 {
            return retrying { Glibc.send(descriptor, first.iov_base, first.iov_len, flags) }
        }
        var message = msghdr()
        message.msg_iov = UnsafeMutablePointer(mutating: segments.baseAddress)
        message.msg_iovlen = min(segments.count, maximumSegments)
        return retrying { sendmsg(descriptor, &message, flags) }
    }

    /// Writes bytes; returns what the other `send` returns.
    public static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        retrying { Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL)) }
    }

    /// Segments one `send` takes at most: the kernel's UIO_MAXIOV.
    public static let maximumSegments = 1_024

    /// Tells the peer that nothing more will come; reading goes on.
    public static func shutdownWriting(_ descriptor: Int32) {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Ends the connection; unread bytes make it a reset, which may destroy what was sent last.
    public static func close(_ descriptor: Int32) {
        _ = Glibc.close(descriptor)
    }

    /// Opens a connection, waiting until it stands; then non-blocking, without delay of small writes.
    public static func connect(to address: SocketAddress) throws(TransportError) -> Int32 {
        let descriptor = socket(address.domain, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .connect(address, errno: errno) }
        while address.withSockaddr({ Glibc.connect(descriptor, $0, $1) }) != 0 {
            let reason = errno
            if reason == EINTR { continue }
            close(descriptor)
            throw .connect(address, errno: reason)
        }
        _ = setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        return descriptor
    }

    /// Begins to open a connection and does not wait for it: when the socket is writable, `connectingError` says what came of it.
    /// Non-blocking, without delay of small writes.
    public static func startConnecting(to address: SocketAddress) throws(TransportError) -> Int32 {
        let descriptor = socket(address.domain, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw .connect(address, errno: errno) }
        _ = setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        guard address.withSockaddr({ Glibc.connect(descriptor, $0, $1) }) == 0 || errno == EINPROGRESS else {
            let reason = errno
            close(descriptor)
            throw .connect(address, errno: reason)
        }
        return descriptor
    }

    /// Why a connection that was begun does not stand; nil: it stands.
    public static func connectingError(_ descriptor: Int32, to address: SocketAddress) -> TransportError? {
        var reason: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &reason, &length) == 0, reason != 0 else { return nil }
        return .connect(address, errno: reason)
    }

    /// Where a connection comes from; nil when it is broken.
    public static func peerAddress(of descriptor: Int32) -> SocketAddress? { SocketAddress { getpeername(descriptor, $0, $1) } }

    /// Lets this process open as many descriptors as it may without privileges; returns how many that are.
    public static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        let wanted = rlimit(rlim_cur: limit.rlim_max, rlim_max: limit.rlim_max)
        let raised = withUnsafePointer(to: wanted) { setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), $0) == 0 }
        return Int(clamping: raised ? wanted.rlim_cur : limit.rlim_cur)
    }

    /// Sets an integer option; false when the kernel refuses, with `errno`.
    static func setOption(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) -> Bool {
        withUnsafePointer(to: value) {
            setsockopt(descriptor, level, name, $0, socklen_t(MemoryLayout<Int32>.size)) == 0
        }
    }

    @inline(__always)
    private static func retrying(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 { return result }
            switch errno {
            case EINTR: continue
            case EAGAIN: return wouldBlock
            default: return broken
            }
        }
    }
}
