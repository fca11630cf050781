import MQTTCodec

/// An Application Message that came from the server.
public struct ReceivedMessage: Sendable, Hashable {
    public var topic: String
    public var payload: [UInt8]
    public var properties: PropertyList
    /// By which it is acknowledged; 0: it needs no acknowledgement.
    public var receipt: UInt64
    public var qos: QoS
    public var retain: Bool
    public var isDuplicate: Bool

    public init(
        topic: String, payload: [UInt8], qos: QoS, retain: Bool = false, isDuplicate: Bool = false,
        properties: PropertyList = PropertyList(), receipt: UInt64 = 0
    ) {
        self.topic = topic
        self.payload = payload
        self.properties = properties
        self.receipt = receipt
        self.qos = qos
        self.retain = retain
        self.isDuplicate = isDuplicate
    }
}
