import Primitives

/// A PUBLISH that is written straight from where its parts lie: measured first, then written [MQTT5 §3.3].
public struct PublishForm {
    public var topic: String
    public var payload: [UInt8]
    public var properties: PropertyList
    public var qos: QoS
    public var retain: Bool
    public var dup = false
    /// 0 with QoS 0.
    public var packetID: UInt16 = 0
    /// 0: none. With `omitsTopic` it stands for the topic.
    public var topicAlias: UInt16 = 0
    public var omitsTopic = false

    @inlinable public init(topic: String, payload: [UInt8], properties: PropertyList, qos: QoS, retain: Bool) {
        self.topic = topic
        self.payload = payload
        self.properties = properties
        self.qos = qos
        self.retain = retain
    }

    /// The length of the whole packet, without an alias: no alias makes it longer than 3 bytes more.
    public func encodedLength(_ version: ProtocolVersion) -> Int {
        let remaining = remainingLength(propertiesLength, version)
        return 1 + VariableByteInteger.length(UInt32(clamping: remaining)) + remaining
    }

    /// Appends the packet. The topic has at most 65,535 bytes and the whole fits a Remaining Length.
    public func encode(_ version: ProtocolVersion, into buffer: inout ByteBuffer) {
        let propertiesLength = propertiesLength
        let remaining = remainingLength(propertiesLength, version)
        buffer.append(PacketType.publish.rawValue << 4 | (dup ? 8 : 0) | qos.rawValue << 1 | (retain ? 1 : 0))
        buffer.append(variable: remaining)
        if omitsTopic {
            buffer.append(0 as UInt16)
        } else {
            var topic = topic
            topic.withUTF8 {
                buffer.append(UInt16($0.count))
                buffer.append(UnsafeRawBufferPointer($0))
            }
        }
        if qos > .atMostOnce { buffer.append(packetID) }
        if version == .v5 {
            buffer.append(variable: propertiesLength)
            if topicAlias > 0 {
                buffer.append(PropertyIdentifier.topicAlias.rawValue)
                buffer.append(topicAlias)
            }
            if !properties.isEmpty { properties.encode(into: &buffer) }
        }
        payload.withUnsafeBytes { buffer.append($0) }
    }

    private var propertiesLength: Int { (properties.isEmpty ? 0 : properties.encodedLength) + (topicAlias > 0 ? 3 : 0) }

    private func remainingLength(_ propertiesLength: Int, _ version: ProtocolVersion) -> Int {
        2 + (omitsTopic ? 0 : topic.utf8.count) + (qos == .atMostOnce ? 0 : 2)
            + (version == .v5 ? VariableByteInteger.length(UInt32(clamping: propertiesLength)) + propertiesLength : 0) + payload.count
    }
}
