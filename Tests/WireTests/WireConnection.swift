import Glibc
import Transport

struct NoConnection: Error {}

/// A TCP connection that speaks bytes, waits for an answer no longer than ten seconds, and leaves nothing behind.
final class WireConnection {
    private let descriptor: Int32
    private var unread: [UInt8] = []

    init(port: UInt16) throws {
        descriptor = try Socket.connect(to: SocketAddress(ipv4: 0x7F00_0001, port: port))
        // Blocking with a bound; reset when closed, so that thousands of connections leave no port waiting.
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        set(SO_RCVTIMEO, timeval(tv_sec: 10, tv_usec: 0))
        set(SO_SNDTIMEO, timeval(tv_sec: 10, tv_usec: 0))
        set(SO_LINGER, linger(l_onoff: 1, l_linger: 0))
    }

    deinit { Socket.close(descriptor) }

    /// Ends the connection in both directions.
    func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private func set<Value>(_ option: Int32, _ value: Value) {
        withUnsafePointer(to: value) { _ = setsockopt(descriptor, SOL_SOCKET, option, $0, socklen_t(MemoryLayout<Value>.size)) }
    }

    /// Sends all of it, or as much as a broker that closes lets us.
    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 { sent += count } else if errno != EINTR { return }
        }
    }

    enum Incoming: Equatable { case packet([UInt8]), end, silence }

    /// The next whole packet, the end of the stream, or silence.
    func next() -> Incoming {
        while true {
            if let packet = takePacket() { return .packet(packet) }
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count > 0 {
                unread += buffer.prefix(count)
            } else if count == 0 || errno == ECONNRESET {
                return .end
            } else if errno != EINTR {
                return .silence
            }
        }
    }

    private func takePacket() -> [UInt8]? {
        var length = 0
        for i in 1..<5 where i < unread.count {
            length |= Int(unread[i] & 0x7F) << (7 * (i - 1))
            if unread[i] & 0x80 == 0 {
                guard unread.count > i + length else { return nil }
                let packet = Array(unread[...(i + length)])
                unread.removeFirst(packet.count)
                return packet
            }
        }
        return nil
    }

    /// Everything up to the answer to PINGREQ or to the end, as a reaction. PINGRESP may overtake an answer.
    func reaction(to wireCase: WireCase) -> Reaction {
        var packets: [[UInt8]] = []
        var isServed = false
        while true {
            if isServed, packets.isEmpty || !isWelcome(packets.first) { return .other(packets.flatMap { $0 }) }
            let answer = packets.dropFirst().flatMap { $0 }
            if isServed, answer.count >= wireCase.answerCount { return .served(answer) }
            switch next() {
            case .packet([0xD0, 0x00]): isServed = true
            case .packet(let packet): packets.append(packet)
            case .end: return ending(packets, after: wireCase.stage)
            case .silence: return isServed ? .served(answer) : .other(packets.flatMap { $0 })
            }
        }
    }

    private func isWelcome(_ packet: [UInt8]?) -> Bool {
        guard let packet, packet.count >= 4 else { return false }
        return packet[0] == 0x20 && packet[3] == 0
    }

    private func ending(_ packets: [[UInt8]], after stage: WireCase.Stage) -> Reaction {
        var rest = packets[...]
        if stage == .connected, !isWelcome(rest.popFirst()) { return .other(packets.flatMap { $0 }) }
        guard let last = rest.first else { return .closed }
        guard rest.count == 1, last.count >= 3 else { return .other(rest.flatMap { $0 }) }
        switch last[0] {
        case 0x20 where stage == .connect && last.count == 4: return .returnCode(last[3])
        case 0x20 where stage == .connect: return .connack(last[3])
        case 0xE0 where stage == .connected: return .disconnect(last[2])
        default: return .other(packets.flatMap { $0 })
        }
    }
}
