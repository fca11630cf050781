import MQTTCodec
import Testing

/// Packets as a test wants to write them.
extension Packet {
    static func publish(
        _ topic: String, _ payload: String = "", qos: QoS = .atMostOnce, id: UInt16? = nil, retain: Bool = false, dup: Bool = false,
        properties: [Property] = []
    ) -> Packet {
        var packet = PublishPacket(
            topic: UTF8Text(topic), qos: qos, packetID: qos == .atMostOnce ? nil : id ?? 1, payload: Array(payload.utf8))
        packet.retain = retain
        packet.dup = dup
        packet.properties = PropertyList(properties)
        return .publish(packet)
    }

    static func subscribe(
        _ filters: String..., qos: QoS = .atMostOnce, noLocal: Bool = false, retainAsPublished: Bool = false,
        retainHandling: SubscriptionOptions.RetainHandling = .sendAtSubscribe, identifier: UInt32? = nil, id: UInt16 = 1
    ) -> Packet {
        let options = SubscriptionOptions(
            maximumQoS: qos, noLocal: noLocal, retainAsPublished: retainAsPublished, retainHandling: retainHandling)
        return .subscribe(
            SubscribePacket(
                packetID: id, properties: PropertyList(identifier.map { [.subscriptionIdentifier($0)] } ?? []),
                requests: filters.map { SubscribePacket.Request(filter: UTF8Text($0), options: options) }))
    }

    static func unsubscribe(_ filters: String..., id: UInt16 = 1) -> Packet {
        .unsubscribe(UnsubscribePacket(packetID: id, filters: filters.map { UTF8Text($0) }))
    }

    static func puback(_ id: UInt16, _ reasonCode: ReasonCode = .success) -> Packet {
        .acknowledgement(PublishAcknowledgement(.puback, packetID: id, reasonCode: reasonCode))
    }
    static func pubrec(_ id: UInt16, _ reasonCode: ReasonCode = .success) -> Packet {
        .acknowledgement(PublishAcknowledgement(.pubrec, packetID: id, reasonCode: reasonCode))
    }
    static func pubrel(_ id: UInt16, _ reasonCode: ReasonCode = .success) -> Packet {
        .acknowledgement(PublishAcknowledgement(.pubrel, packetID: id, reasonCode: reasonCode))
    }
    static func pubcomp(_ id: UInt16, _ reasonCode: ReasonCode = .success) -> Packet {
        .acknowledgement(PublishAcknowledgement(.pubcomp, packetID: id, reasonCode: reasonCode))
    }

    static func disconnect(_ reasonCode: ReasonCode = .success, properties: [Property] = []) -> Packet {
        .disconnect(DisconnectPacket(reasonCode: reasonCode, properties: PropertyList(properties)))
    }
}

extension ConnectPacket.Will {
    init(
        _ topic: String, _ payload: String, qos: QoS = .atMostOnce, retain: Bool = false, delay: UInt32? = nil, properties: [Property] = []
    ) {
        self.init(qos: qos, retain: retain, topic: UTF8Text(topic), payload: Array(payload.utf8))
        self.properties = PropertyList((delay.map { [.willDelayInterval(seconds: $0)] } ?? []) + properties)
    }
}

extension Packet {
    /// The packets a broker has sent, taken out of the bytes they came in.
    static func take(from stream: inout [UInt8], version: ProtocolVersion, atMost limit: Int = .max) -> [Packet] {
        var packets: [Packet] = []
        var taken = 0
        stream.withUnsafeBytes { bytes in
            do throws(MalformedPacket) {
                while packets.count < limit {
                    let rest = UnsafeRawBufferPointer(rebasing: bytes[taken...])
                    guard let frame = try PacketDecoder.frame(rest, version: version), frame.totalLength <= rest.count else { return }
                    let body = UnsafeRawBufferPointer(rebasing: rest[frame.headerLength..<frame.totalLength])
                    packets.append(
                        try PacketDecoder.packet(frame, body: body, version: version, sender: .server, controlCharactersAllowed: true))
                    taken += frame.totalLength
                }
            } catch {
                Issue.record("the broker sent what is no packet: \(error), in \(Array(bytes[taken...].prefix(64)))")
            }
        }
        stream.removeFirst(taken)
        return packets
    }
}
