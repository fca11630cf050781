import Foundation
import Transport

/// A client of MQTT 5.0 in bytes, for what no library does: never reading, never finishing, coming back from a new socket.
final class WireClient {
    let descriptor: Int32
    private var unread: [UInt8] = []

    /// - Parameter receiveBuffer: bytes the kernel takes before the broker has to wait
    init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        descriptor = try Socket.connect(to: SocketAddress(ipv4: 0x7F00_0001, port: port))
        if let receiveBuffer {
            withUnsafePointer(to: receiveBuffer) { _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, $0, 4) }
        }
    }

    deinit { Socket.close(descriptor) }

    static func packet(_ first: UInt8, _ body: [UInt8]) -> [UInt8] {
        var bytes = [first]
        var rest = body.count
        repeat {
            bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return bytes + body
    }

    static func string(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        return [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
    }

    /// - Parameter expiry: Session Expiry Interval in seconds, when there is to be one
    static func connect(_ clientID: String, clean: Bool = true, expiry: UInt8? = nil) -> [UInt8] {
        let properties: [UInt8] = expiry.map { [5, 0x11, 0, 0, 0, $0] } ?? [0]
        return packet(0x10, string("MQTT") + [5, clean ? 2 : 0, 0, 60] + properties + string(clientID))
    }

    static func publish(_ topic: String, qos: UInt8, _ payload: [UInt8]) -> [UInt8] {
        packet(0x30 | qos << 1, string(topic) + (qos > 0 ? [0, 9] : []) + [0] + payload)
    }

    static func subscribe(_ filter: String, qos: UInt8) -> [UInt8] { packet(0x82, [0, 5, 0] + string(filter) + [qos]) }

    /// Waits until the socket is ready for `events`; false when it is not within `seconds`.
    @discardableResult
    func isReady(_ events: Int32, within seconds: TimeInterval = patience) -> Bool {
        var ready = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return poll(&ready, 1, Int32(seconds * 1_000)) == 1
    }

    /// Sends all of it; false when the broker has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) throws -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count > 0 {
                sent += count
            } else if errno != EAGAIN {
                return false
            } else if !isReady(POLLOUT) {
                throw Overdue(description: "the broker does not read")
            }
        }
        return true
    }

    /// The next packet, or nil at the end of the stream.
    func next() throws -> [UInt8]? {
        while true {
            if let packet = takePacket() { return packet }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = buffer.withUnsafeMutableBytes { Socket.receive(descriptor, into: $0) }
            if count > 0 {
                unread += buffer.prefix(count)
            } else if count == Socket.wouldBlock {
                guard isReady(POLLIN) else { throw Overdue(description: "the broker says nothing; so far \(unread.prefix(64))") }
            } else {
                return nil
            }
        }
    }

    private func takePacket() -> [UInt8]? {
        var length = 0
        for i in 1..<5 where i < unread.count {
            length |= Int(unread[i] & 0x7F) << (7 * (i - 1))
            if unread[i] & 0x80 == 0 {
                guard unread.count > i + length else { return nil }
                defer { unread.removeFirst(i + length + 1) }
                return Array(unread[...(i + length)])
            }
        }
        return nil
    }

    /// CONNECT and its CONNACK.
    @discardableResult
    func open(_ clientID: String, clean: Bool = true, expiry: UInt8? = nil) throws -> [UInt8]? {
        try send(Self.connect(clientID, clean: clean, expiry: expiry))
        return try next()
    }

    /// Whether a message with QoS 1 comes back, after a subscription to `served/#`.
    func isServed(_ round: Int) throws -> Bool {
        let payload = Array("round \(round)".utf8)
        try send(Self.publish("served/x", qos: 1, payload))
        var isAcknowledged = false
        var isDelivered = false
        while !(isAcknowledged && isDelivered) {
            guard let packet = try next() else { return false }
            if packet[0] == 0x40 { isAcknowledged = true }
            if packet[0] & 0xF0 == 0x30 { isDelivered = packet.suffix(payload.count) == payload[...] }
        }
        return true
    }
}
