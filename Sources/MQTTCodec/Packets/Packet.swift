/// A Control Packet as a value: what the rare packets are decoded to and encoded from [MQTT5 §2.1.2].
///
/// The six packets of the data path (PUBLISH, its four acknowledgements, PINGREQ) are also decoded in place,
/// without this enum: see `PacketDecoder`.
public enum Packet: Hashable, Sendable {
    case connect(ConnectPacket)
    case connack(ConnackPacket)
    case publish(PublishPacket)
    /// PUBACK, PUBREC, PUBREL or PUBCOMP, as its `kind` says.
    case acknowledgement(PublishAcknowledgement)
    case subscribe(SubscribePacket)
    case suback(SubackPacket)
    case unsubscribe(UnsubscribePacket)
    case unsuback(UnsubackPacket)
    case pingRequest
    case pingResponse
    case disconnect(DisconnectPacket)
    case auth(AuthPacket)
}

/// The number of a Control Packet in its first byte.
public enum PacketType: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    case connect = 1
    case connack, publish, puback, pubrec, pubrel, pubcomp, subscribe, suback
    case unsubscribe, unsuback, pingRequest, pingResponse, disconnect, auth
}
