import Glibc

/// The clients' ends of real TCP connections to a port of this machine.
struct SocketConnections {
    private let port: UInt16
    private var connections: [String: Connection] = [:]

    private struct Connection {
        var socket: Int32
        var received: [UInt8] = []
        var isClosed = false
    }

    init(port: UInt16) { self.port = port }

    mutating func open(_ client: String) throws(TextFault) {
        drop(client)
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, length) }
        }
        guard result == 0 else { throw TextFault("no connection to port \(port): errno \(errno)") }
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        connections[client] = Connection(socket: socket)
    }

    /// Sends all of `bytes`, unless the broker has closed the connection, which is no fault of the transcript.
    mutating func send(_ bytes: [UInt8], by client: String) {
        guard let connection = connections[client], !connection.isClosed else { return }
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(connection.socket, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    func received(by client: String) -> [UInt8] { connections[client]?.received ?? [] }

    func isClosed(_ client: String) -> Bool { connections[client]?.isClosed ?? true }

    /// Breaks the connection as a lost network does: with a reset, no orderly end.
    mutating func drop(_ client: String) {
        guard let connection = connections.removeValue(forKey: client) else { return }
        var atOnce = linger(l_onoff: 1, l_linger: 0)
        setsockopt(connection.socket, SOL_SOCKET, SO_LINGER, &atOnce, socklen_t(MemoryLayout<linger>.size))
        close(connection.socket)
    }

    mutating func dropAll() {
        for client in connections.keys { drop(client) }
    }

    /// Takes what has come for anyone; with nothing there waits up to `milliseconds` for something.
    mutating func read(waitingUpTo milliseconds: Int32 = 0) {
        let open = connections.filter { !$0.value.isClosed }
        var polled = open.map { pollfd(fd: $0.value.socket, events: Int16(POLLIN), revents: 0) }
        guard !polled.isEmpty, poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return }
        for (client, state) in zip(open.keys, polled) where state.revents != 0 { readAll(client) }
    }

    private mutating func readAll(_ client: String) {
        guard var connection = connections[client] else { return }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(connection.socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                connection.received += buffer[..<count]
                continue
            }
            if count == 0 || (errno != EAGAIN && errno != EINTR) { connection.isClosed = true }
            break
        }
        connections[client] = connection
    }
}
