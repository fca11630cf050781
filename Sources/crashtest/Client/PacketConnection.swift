import Glibc
import MQTTCodec
import Primitives
import Simulator
import Transport

/// Packets over a socket that never blocks.
final class PacketConnection {
    enum Arrival {
        case packet(Packet)
        case malformed
        case end
    }

    let descriptor: Int32
    private let version: ProtocolVersion
    private var stream: PacketStream
    private var unsent: [UInt8] = []

    init(port: UInt16, version: ProtocolVersion) throws(TransportError) {
        descriptor = try Socket.connect(to: SocketAddress(ipv4: 0x7F00_0001, port: port))
        self.version = version
        stream = PacketStream(from: .server, version)
    }

    deinit { Socket.close(descriptor) }

    var waitsToSend: Bool { !unsent.isEmpty }

    func send(_ packet: Packet) {
        var buffer = ByteBuffer()
        PacketEncoder.encode(packet, version: version, into: &buffer)
        unsent += buffer.bytes
        flush()
    }

    /// What a broken connection does not take is forgotten; reading will tell.
    func flush() {
        while !unsent.isEmpty {
            let count = unsent.withUnsafeBytes { Socket.send(descriptor, $0) }
            if count == Socket.wouldBlock { return }
            unsent.removeFirst(count > 0 ? count : unsent.count)
        }
    }

    func endSending() { Socket.shutdownWriting(descriptor) }

    /// Reads once; the caller comes again while there is more.
    func read() -> [Arrival] {
        var arrivals: [Arrival] = []
        let bytes = [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, count in
            let result = Socket.receive(descriptor, into: UnsafeMutableRawBufferPointer(buffer))
            count = max(0, result)
            if result == Socket.endOfStream || result == Socket.broken { arrivals.append(.end) }
        }
        stream.append(bytes)
        var packets: [Arrival] = []
        while let piece = stream.next() {
            switch piece {
            case .packet(let packet, _): packets.append(.packet(packet))
            case .malformed: packets.append(.malformed)
            }
        }
        return packets + arrivals
    }
}
