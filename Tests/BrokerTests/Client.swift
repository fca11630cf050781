import Glibc
import Primitives
import Transport

/// A client that has connected with MQTT 5.0.
final class Client {
    private let descriptor: Int32
    private var received: [UInt8] = []
    /// CONNACK came, with success.
    private(set) var isConnected = false
    /// The broker had its Session.
    private(set) var hadSession = false

    struct Overdue: Error {}

    /// - Parameters:
    ///   - expiry: Session Expiry Interval in seconds; nil: none, and what there was of the Session ends
    ///   - will: topic, a byte, and the Will Delay Interval in seconds; its QoS is 1
    init(port: UInt16, clientID: String, expiry: UInt32? = nil, will: (topic: String, payload: UInt8, delay: UInt32)? = nil) throws {
        descriptor = try Socket.connect(to: SocketAddress(ipv4: 0x7F00_0001, port: port))
        let properties = expiry.map { [5, 0x11] + Self.bytes($0) } ?? [0]
        let flags: UInt8 = (expiry == nil ? 2 : 0) | (will == nil ? 0 : 0x0C)
        let last = will.map { [5, 0x18] + Self.bytes($0.delay) + Self.text($0.topic) + [0, 1, $0.payload] } ?? []
        try send(0x10, Self.text("MQTT") + [5, flags, 0, 60] + properties + Self.text(clientID) + last)
        let answer = try packet()
        guard answer.first == 0x20 else { return }
        hadSession = answer[2] == 1
        isConnected = answer[3] == 0
    }

    deinit { Socket.close(descriptor) }

    static func text(_ text: String) -> [UInt8] { [0, UInt8(text.utf8.count)] + Array(text.utf8) }

    static func bytes(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    func send(_ bytes: [UInt8]) throws {
        let sent = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent == bytes.count else { throw Overdue() }
    }

    /// A packet of less than 128 bytes.
    func send(_ first: UInt8, _ body: [UInt8]) throws { try send([first, UInt8(body.count)] + body) }

    /// SUBSCRIBE with QoS 1, and its SUBACK.
    func subscribe(_ filter: String) throws -> Bool {
        try send(0x82, [0, 1, 0] + Self.text(filter) + [1])
        return try packet() == [0x90, 4, 0, 1, 0, 1]
    }

    /// DISCONNECT, and the end of the connection.
    func leave() throws -> Bool {
        try send([0xE0, 0])
        return try next(1).isEmpty
    }

    /// The next packet, of less than 128 bytes; empty at the end of the stream.
    func packet() throws -> [UInt8] {
        let head = try next(2)
        return head.count < 2 ? [] : head + (try next(Int(head[1])))
    }

    /// So many bytes; fewer at the end of the stream.
    func next(_ count: Int) throws -> [UInt8] {
        let end = Clock.system.now().advanced(bySeconds: 10)
        var buffer = [UInt8](repeating: 0, count: 256)
        while received.count < count {
            guard Clock.system.now() < end else { throw Overdue() }
            let result = buffer.withUnsafeMutableBytes { Socket.receive(descriptor, into: $0) }
            if result > 0 {
                received += buffer.prefix(result)
            } else if result == Socket.wouldBlock {
                var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                poll(&ready, 1, 1_000)
            } else {
                break
            }
        }
        defer { received.removeFirst(min(count, received.count)) }
        return Array(received.prefix(count))
    }
}
