import MQTTCodec
import MQTTSession
import Primitives

/// Bytes → packets → the core.
extension Tick {
    /// Feeds every whole packet in `bytes` to the core and keeps the beginning of one whose end has not come.
    mutating func decode<Port: ShardPort & ~Copyable>(
        _ bytes: UnsafeRawBufferPointer, from connection: UInt32, at now: Instant, _ port: inout Port
    ) {
        var offset = 0
        core.outbox.crowded = PeerSet()
        do throws(MalformedPacket) {
            while offset < bytes.count, core.isOpen(connection) {
                let rest = UnsafeRawBufferPointer(start: bytes.baseAddress.unsafelyUnwrapped + offset, count: bytes.count - offset)
                guard let frame = try frame(rest, connection) else {
                    keep(rest, total: 0, of: connection, at: now)
                    return
                }
                guard frame.totalLength <= rest.count else {
                    keep(rest, total: frame.totalLength, of: connection, at: now)
                    return
                }
                let body = UnsafeRawBufferPointer(start: rest.baseAddress.unsafelyUnwrapped + frame.headerLength, count: frame.bodyLength)
                try feed(frame, body, connection, at: now)
                if frame.firstByte >> 4 == 1, let shard = shardToTakeOver.take() {
                    // What waits for a shard that is behind counts as unfinished, within the bound of these.
                    if core.outbox.full.contains(shard) {
                        core.outbox.crowded.insert(shard)
                        pause(connection, rest, at: now, &port)
                    } else {
                        handOver(connection, rest, to: shard, &port)
                    }
                    return
                }
                offset += frame.totalLength
                if !core.outbox.crowded.isEmpty, core.isOpen(connection) {
                    pause(connection, UnsafeRawBufferPointer(rebasing: bytes[offset...]), at: now, &port)
                    return
                }
                if actions.count >= 256 { carryOut(at: now, &port) }
            }
        } catch {
            core.handle(.malformed(connection, error), at: now, into: &actions)
        }
    }

    /// Feeds a large packet, if it is whole now.
    mutating func decodeLarge<Port: ShardPort & ~Copyable>(_ connection: UInt32, at now: Instant, _ port: inout Port) {
        let link = links.pointer(to: connection)
        guard link.pointee.unfinished.count == link.pointee.unfinished.total else {
            checkUnfinished(connection, at: now)
            return
        }
        let packet = link.pointee.unfinished
        link.pointee.unfinished = UnfinishedPacket()
        decode(packet.bytes, from: connection, at: now, &port)
        carryOut(at: now, &port)
        unfinishedGrew(by: -packet.capacity)
        packet.base?.deallocate()
    }

    /// The fixed header, checked against what may come at all before anything is kept of the body.
    @inline(__always)
    private mutating func frame(_ bytes: UnsafeRawBufferPointer, _ connection: UInt32) throws(MalformedPacket) -> PacketDecoder.Frame? {
        let awaitsConnect = core.awaitsConnect(connection)
        if awaitsConnect, bytes[0] >> 4 != PacketType.connect.rawValue { throw MalformedPacket(.packetType, .protocolError) }
        guard let frame = try PacketDecoder.frame(bytes, version: awaitsConnect ? nil : core.version(of: connection)) else { return nil }
        guard frame.totalLength <= core.maximumPacketBytes(connection) else {
            var malformed = MalformedPacket(.packetTooLarge, .packetTooLarge)
            if awaitsConnect {
                malformed.protocolLevel = PacketDecoder.protocolLevel(UnsafeRawBufferPointer(rebasing: bytes[frame.headerLength...]))
            }
            throw malformed
        }
        return frame
    }

    /// Hands a packet to the core, unless it is the CONNECT of another shard's client.
    @inline(__always)
    private mutating func feed(
        _ frame: PacketDecoder.Frame, _ body: UnsafeRawBufferPointer, _ connection: UInt32, at now: Instant
    ) throws(MalformedPacket) {
        let version = core.version(of: connection)
        switch frame.firstByte >> 4 {
        case 1 where !core.awaitsConnect(connection):
            // Whatever is in it, the error is the second CONNECT [MQTT-3.1.0-2].
            throw MalformedPacket(.packetType, .protocolError)
        case 3 where !core.awaitsConnect(connection):
            let publish = try PacketDecoder.publish(
                flags: frame.flags, body: body, version: version, sender: .client,
                controlCharactersAllowed: core.allowsControlCharacters(connection))
            core.handle(publish, from: connection, at: now, into: &actions)
        case 4, 5, 6, 7:
            guard let kind = PublishAcknowledgement.Kind(rawValue: frame.firstByte >> 4) else { return }
            let view = try PacketDecoder.acknowledgement(kind, flags: frame.flags, body: body, version: version)
            core.handle(kind, view, from: connection, at: now, into: &actions)
        case 12 where frame.bodyLength == 0 && frame.flags == 0:
            core.handlePingRequest(from: connection, at: now, into: &actions)
        default:
            let packet = try PacketDecoder.packet(
                frame, body: body, version: core.awaitsConnect(connection) ? nil : version, sender: .client,
                controlCharactersAllowed: core.allowsControlCharacters(connection))
            if case .connect(let connect) = packet {
                let shard = connect.clientID.bytes.withUnsafeBytes { core.shard(of: $0) }
                if shard != core.place.index {
                    shardToTakeOver = shard
                    return
                }
            }
            core.handle(packet, from: connection, at: now, into: &actions)
        }
    }

    mutating func keep(_ rest: UnsafeRawBufferPointer, total: Int, of connection: UInt32, at now: Instant) {
        let link = links.pointer(to: connection)
        link.pointee.unfinished.append(rest)
        link.pointee.unfinished.total = total
        unfinishedGrew(by: link.pointee.unfinished.capacity)
        checkUnfinished(connection, at: now)
    }

    private mutating func checkUnfinished(_ connection: UInt32, at now: Instant) {
        if core.place.common.unfinishedBytes.current > core.options.limits.unfinishedPacketBytes {
            core.handle(.unfinishedPacketsFull(connection), at: now, into: &actions)
        }
    }
}
