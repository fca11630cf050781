import MQTTCodec
import Primitives

/// How one message lies on the wire for one kind of receiver [MQTT5 §3.3]: its lengths, and how to write it.
struct PublishLayout: BitwiseCopyable {
    let version: ProtocolVersion
    let qos: QoS
    let identifierBytes: Int
    let omitsTopic: Bool
    /// Only in MQTT 5.0.
    let propertiesLength: Int
    let remainingLength: Int
    /// The whole packet.
    let totalLength: Int
    /// Where the Packet Identifier stands, from the first byte of the packet.
    let packetIDOffset: Int

    @inline(__always)
    init(message: borrowing Message, version: ProtocolVersion, qos: QoS, identifierBytes: Int, topicAlias: Bool, omitsTopic: Bool) {
        self.version = version
        self.qos = qos
        self.identifierBytes = identifierBytes
        self.omitsTopic = omitsTopic
        var remaining = 2 + (omitsTopic ? 0 : Int(message.topicLength)) + (qos == .atMostOnce ? 0 : 2)
        if version == .v5 {
            propertiesLength =
                Int(message.propertiesLength) + identifierBytes + (topicAlias ? 3 : 0) + (message.expires == .never ? 0 : 5)
            remaining += VariableByteInteger.length(UInt32(truncatingIfNeeded: propertiesLength)) + propertiesLength
        } else {
            propertiesLength = 0
        }
        remaining += Int(message.payloadLength)
        remainingLength = remaining
        let header = 1 + VariableByteInteger.length(UInt32(truncatingIfNeeded: remaining))
        totalLength = header + remaining
        packetIDOffset = header + 2 + (omitsTopic ? 0 : Int(message.topicLength))
    }

    /// Writes everything before the payload; where the payload begins.
    @inline(__always)
    func writeHead(
        of message: borrowing Message, _ action: PublishAction, identifiers: UnsafeRawBufferPointer, at now: Instant,
        to target: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        var at = target
        at.storeBytes(
            of: 0x30 | (action.dup ? 8 : 0) | qos.rawValue << 1 | (action.retain ? 1 : 0), as: UInt8.self)
        at += 1
        at += VariableByteInteger.write(UInt32(truncatingIfNeeded: remainingLength), to: at)
        let topicLength = omitsTopic ? 0 : message.topicLength
        at.storeBytes(of: topicLength.bigEndian, as: UInt16.self)
        at += 2
        at.copySmall(from: message.topic, byteCount: Int(topicLength))
        at += Int(topicLength)
        if qos != .atMostOnce {
            at.storeBytes(of: action.packetID.bigEndian, as: UInt16.self)
            at += 2
        }
        guard version == .v5 else { return at }
        at += VariableByteInteger.write(UInt32(truncatingIfNeeded: propertiesLength), to: at)
        if propertiesLength == 0 { return at }
        if message.expires < .never {
            // What is left of the interval [MQTT-3.3.2-6].
            at.storeBytes(of: 0x02, as: UInt8.self)
            (at + 1).storeBytes(of: now.secondsRoundedUp(until: message.expires).bigEndian, as: UInt32.self)
            at += 5
        }
        if action.topicAlias != 0 {
            at.storeBytes(of: 0x23, as: UInt8.self)
            (at + 1).storeBytes(of: action.topicAlias.bigEndian, as: UInt16.self)
            at += 3
        }
        // Properties of the publisher unaltered and in order [MQTT-3.3.2-17] [MQTT-3.3.2-18].
        at.copySmall(from: message.properties, byteCount: Int(message.propertiesLength))
        at += Int(message.propertiesLength)
        if let base = identifiers.baseAddress {
            at.copySmall(from: base, byteCount: identifiers.count)
            at += identifiers.count
        }
        return at
    }
}
