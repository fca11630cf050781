import Foundation
import Transport

/// A client of MQTT 5.0 in bytes, for what no library does: never reading, never finishing, coming back from a new socket.
final class WireClient {
    let descriptor: Int32
    private var unread: [UInt8] = []
    /// Messages that came before an answer that was waited for.
    private var held: [[UInt8]] = []

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

    static func publish(_ topic: String, qos: UInt8, id: UInt8 = 9, retain: Bool = false, _ payload: [UInt8]) -> [UInt8] {
        packet(0x30 | qos << 1 | (retain ? 1 : 0), string(topic) + (qos > 0 ? [0, id] : []) + [0] + payload)
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

    /// SUBSCRIBE and its SUBACK.
    func subscribe(_ filter: String, qos: UInt8) throws {
        try send(Self.subscribe(filter, qos: qos))
        try expect([0x90, 4, 0, 5, 0, qos])
    }

    /// UNSUBSCRIBE and its UNSUBACK.
    func unsubscribe(_ filter: String) throws {
        try send(Self.packet(0xA2, [0, 5, 0] + Self.string(filter)))
        try expect([0xB0, 4, 0, 5, 0, 0])
    }

    /// Waits for an answer and keeps the messages before it.
    private func expect(_ answer: [UInt8]) throws {
        while let packet = try next() {
            if packet == answer { return }
            guard packet[0] & 0xF0 == 0x30 else { throw Overdue(description: "\(packet) instead of \(answer)") }
            held.append(packet)
        }
        throw Overdue(description: "the end instead of \(answer)")
    }

    struct Message {
        let topic: String
        let payload: [UInt8]
    }

    /// The next packet, which is to be a message; nil at the end of the stream.
    func message() throws -> Message? {
        guard let packet = try held.isEmpty ? next() : held.removeFirst() else { return nil }
        guard let message = Self.message(packet) else { throw Overdue(description: "\(packet) instead of a message") }
        return message
    }

    /// Takes its part in all exchanges until as many messages have come, and as many of its own have been acknowledged
    /// to the end; the messages.
    @discardableResult
    func converse(messages: Int, completed: Int) throws -> [Message] {
        var heard: [Message] = []
        var own = 0
        var unreleased = 0
        while heard.count < messages || own < completed || unreleased > 0 {
            guard let packet = try held.isEmpty ? next() : held.removeFirst() else {
                throw Overdue(description: "the end after \(heard.count) messages, \(own) completed")
            }
            switch packet[0] & 0xF0 {
            case 0x30:
                guard let message = Self.message(packet) else { throw Overdue(description: "\(packet)") }
                heard.append(message)
                let qos = packet[0] >> 1 & 3
                if qos > 0 { try send([qos == 1 ? 0x40 : 0x50, 2] + Self.packetID(packet)) }
                if qos == 2 { unreleased += 1 }
            case 0x40, 0x70: own += 1
            case 0x50: try send([0x62, 2] + packet[2...3])
            case 0x60:
                try send([0x70, 2] + packet[2...3])
                unreleased -= 1
            default: throw Overdue(description: "\(packet)")
            }
        }
        return heard
    }

    /// Waits until one of several has something to be read.
    static func firstReady(_ clients: [WireClient]) -> WireClient? {
        if let client = clients.first(where: { !$0.unread.isEmpty }) { return client }
        var polled = clients.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        poll(&polled, nfds_t(polled.count), Int32(patience * 1_000))
        return zip(clients, polled).first { $0.1.revents != 0 }?.0
    }

    /// Where the Topic Name of a PUBLISH is.
    private static func topic(_ packet: [UInt8]) -> Range<Int> {
        let start = (packet.dropFirst().firstIndex { $0 & 0x80 == 0 } ?? 0) + 3
        return start..<start + Int(packet[start - 2]) << 8 + Int(packet[start - 1])
    }

    private static func packetID(_ packet: [UInt8]) -> ArraySlice<UInt8> {
        let end = topic(packet).upperBound
        return packet[end..<end + 2]
    }

    /// A PUBLISH without properties.
    private static func message(_ packet: [UInt8]) -> Message? {
        guard packet[0] & 0xF0 == 0x30 else { return nil }
        let topic = topic(packet)
        let payload = topic.upperBound + (packet[0] & 6 == 0 ? 1 : 3)
        return Message(topic: String(decoding: packet[topic], as: UTF8.self), payload: Array(packet[payload...]))
    }
}
