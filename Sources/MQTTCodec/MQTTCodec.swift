/// Bytes ⇄ Control Packets for MQTT 3.1, 3.1.1 and 5.0: one codec, the version is a parameter. No state, no I/O.
///
/// There are two kinds of packets. The six of the data path (PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, PINGREQ) are
/// decoded in place to views and written from templates: no allocation. All others are decoded to values of
/// `Packet`, which may allocate.
public enum MQTTCodec {
    /// The largest Remaining Length four bytes can say [MQTT5 §2.1.4].
    public static let maximumRemainingLength = 268_435_455
}
