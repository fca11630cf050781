import MQTTCodec

/// The Will Message: published by the broker when the connection ends other than by `disconnect`.
public struct Will: Sendable, Hashable {
    public var topic: String
    public var payload: [UInt8]
    public var qos: QoS
    public var retain: Bool
    /// Seconds the broker waits, in case we come back (MQTT 5.0).
    public var delaySeconds: UInt32
    public var properties: MessageProperties

    public init(
        topic: String, payload: [UInt8], qos: QoS = .atLeastOnce, retain: Bool = false, delaySeconds: UInt32 = 0,
        properties: MessageProperties = MessageProperties()
    ) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.delaySeconds = delaySeconds
        self.properties = properties
    }
}
