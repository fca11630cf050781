import MQTTCodec
import Primitives
import Testing

/// Packets as a test wants to write them.
extension Packet {
    static func connack(
        sessionPresent: Bool = false, _ reasonCode: ReasonCode = .success, _ properties: [Property] = []
    ) -> Packet {
        .connack(ConnackPacket(sessionPresent: sessionPresent, reasonCode: reasonCode, properties: PropertyList(properties)))
    }

    static func publish(
        _ topic: String, _ payload: String = "", qos: QoS = .atMostOnce, id: UInt16? = nil, retain: Bool = false, dup: Bool = false,
        _ properties: [Property] = []
    ) -> Packet {
        var packet = PublishPacket(
            topic: UTF8Text(topic), qos: qos, packetID: qos == .atMostOnce ? nil : id ?? 1, payload: Array(payload.utf8))
        packet.retain = retain
        packet.dup = dup
        packet.properties = PropertyList(properties)
        return .publish(packet)
    }

    static func puback(_ id: UInt16, _ reasonCode: ReasonCode = .success) -> Packet { acknowledgement(.puback, id, reasonCode) }
    static func pubrec(_ id: UInt16, _ reasonCode: ReasonCode = .success) -> Packet { acknowledgement(.pubrec, id, reasonCode) }
    static func pubrel(_ id: UInt16, _ reasonCode: ReasonCode = .success) -> Packet { acknowledgement(.pubrel, id, reasonCode) }
    static func pubcomp(_ id: UInt16, _ reasonCode: ReasonCode = .success) -> Packet { acknowledgement(.pubcomp, id, reasonCode) }

    static func subscribe(_ filters: String..., id: UInt16, identifier: UInt32?, qos: QoS = .atLeastOnce) -> Packet {
        .subscribe(
            SubscribePacket(
                packetID: id, properties: PropertyList(identifier.map { [.subscriptionIdentifier($0)] } ?? []),
                requests: filters.map { .init(filter: UTF8Text($0), options: SubscriptionOptions(maximumQoS: qos)) }))
    }

    static func suback(_ id: UInt16, _ reasonCodes: ReasonCode...) -> Packet {
        .suback(SubackPacket(packetID: id, reasonCodes: reasonCodes))
    }

    static func unsubscribe(_ filters: String..., id: UInt16) -> Packet {
        .unsubscribe(UnsubscribePacket(packetID: id, filters: filters.map { UTF8Text($0) }))
    }

    static func unsuback(_ id: UInt16, _ reasonCodes: ReasonCode...) -> Packet {
        .unsuback(UnsubackPacket(packetID: id, reasonCodes: reasonCodes))
    }

    static func disconnect(_ reasonCode: ReasonCode = .success, _ properties: [Property] = []) -> Packet {
        .disconnect(DisconnectPacket(reasonCode: reasonCode, properties: PropertyList(properties)))
    }

    static func auth(_ reasonCode: ReasonCode, method: String, data: String? = nil) -> Packet {
        let data: [Property] = data.map { [.authenticationData(Array($0.utf8))] } ?? []
        return .auth(AuthPacket(reasonCode: reasonCode, properties: PropertyList([.authenticationMethod(UTF8Text(method))] + data)))
    }

    private static func acknowledgement(_ kind: PublishAcknowledgement.Kind, _ id: UInt16, _ reasonCode: ReasonCode) -> Packet {
        .acknowledgement(PublishAcknowledgement(kind, packetID: id, reasonCode: reasonCode))
    }

    /// As it goes over the wire.
    func bytes(_ version: ProtocolVersion) -> [UInt8] {
        var buffer = ByteBuffer()
        PacketEncoder.encode(self, version: version, into: &buffer)
        return Array(buffer.bytes)
    }

    /// The whole packets at the front of `stream`, taken out of it.
    static func take(from stream: inout [UInt8], version: ProtocolVersion, sender: Sender) throws -> [Packet] {
        var packets: [Packet] = []
        var taken = 0
        defer { stream.removeFirst(taken) }
        try stream.withUnsafeBytes { bytes in
            while taken < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[taken...])
                guard let frame = try PacketDecoder.frame(rest, version: version), frame.totalLength <= rest.count else { return }
                let body = UnsafeRawBufferPointer(rebasing: rest[frame.headerLength..<frame.totalLength])
                packets.append(
                    try PacketDecoder.packet(frame, body: body, version: version, sender: sender, controlCharactersAllowed: true))
                taken += frame.totalLength
            }
        }
        return packets
    }
}

extension PublishPacket {
    var text: String { String(decoding: payload, as: UTF8.self) }
}
