/// CONNECT [MQTT5 §3.1].
public struct ConnectPacket: Hashable, Sendable {
    public var version: ProtocolVersion
    /// Protocol level 0x83 or 0x84: another broker's bridge, by a convention outside the standard.
    public var isBridge = false
    /// Clean Start; in 3.x Clean Session.
    public var cleanStart: Bool
    public var keepAliveSeconds: UInt16
    public var clientID: UTF8Text
    public var will: Will?
    public var userName: UTF8Text?
    public var password: [UInt8]?
    public var properties = PropertyList()

    public init(version: ProtocolVersion, cleanStart: Bool, keepAliveSeconds: UInt16, clientID: UTF8Text) {
        self.version = version
        self.cleanStart = cleanStart
        self.keepAliveSeconds = keepAliveSeconds
        self.clientID = clientID
    }

    /// The Will Message with its delivery options [MQTT5 §3.1.2.5].
    public struct Will: Hashable, Sendable {
        public var qos: QoS
        public var retain: Bool
        public var topic: UTF8Text
        public var payload: [UInt8]
        public var properties = PropertyList()

        public init(qos: QoS, retain: Bool, topic: UTF8Text, payload: [UInt8]) {
            self.qos = qos
            self.retain = retain
            self.topic = topic
            self.payload = payload
        }
    }
}
