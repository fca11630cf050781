import MQTTCodec
import Primitives

/// An Application Message: where its parts lie, and who still needs it.
///
/// The parts lie either in the bytes read in this tick (`body` is nil) or in `body`, one allocation of its own.
public struct Message: BitwiseCopyable {
    public var topic: UnsafeRawPointer
    public var payload: UnsafeRawPointer
    /// Property bytes to forward unaltered, in their order.
    public var properties: UnsafeRawPointer
    public var payloadLength: UInt32
    public var propertiesLength: UInt32
    public var topicLength: UInt16
    public var qos: QoS
    /// RETAIN as received.
    public var retain: Bool
    /// Queues, exchanges, actions, the retained store and Wills that hold this message.
    var uses: UInt32
    public internal(set) var body: SharedBytes?
    /// When its Message Expiry Interval has passed.
    public var expires: Instant
    /// Its number on disk; 0: it is not there.
    var record: UInt64 = 0

    public var topicBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: topic, count: Int(topicLength)) }
    public var payloadBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: payload, count: Int(payloadLength)) }
    public var propertyBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: properties, count: Int(propertiesLength)) }

    /// What it counts against the budgets, in bytes.
    var size: Int { Int(topicLength) + Int(propertiesLength) + Int(payloadLength) }

    /// How many bytes its parts take where they are: as they lie in a packet, if hardly anything else is among them.
    @inline(__always) private var spanAsRead: Int? {
        let span = payload - topic + Int(payloadLength)
        let propertiesEnd = properties + Int(propertiesLength)
        let isAsRead = propertiesLength == 0 || (properties > topic && propertiesEnd <= payload)
        return isAsRead && span >= size && span <= size + 8 ? span : nil
    }

    /// Room for its parts.
    @inline(__always) var copySize: Int { spanAsRead ?? size }

    /// The same with topic, properties and payload copied to where there are `copySize` bytes of room; without a body.
    @inline(__always) func copied(to start: UnsafeMutableRawPointer) -> Message {
        let base = UnsafeRawPointer(start)
        guard let span = spanAsRead else { return copiedPartByPart(to: start) }
        // Topic, identifier, properties and payload lie side by side, and are copied in one go.
        start.copySmall(from: topic, byteCount: span)
        return with(topic: base, properties: base + (propertiesLength == 0 ? 0 : properties - topic), payload: base + (payload - topic))
    }

    private func copiedPartByPart(to start: UnsafeMutableRawPointer) -> Message {
        let properties = start + Int(topicLength)
        let payload = properties + Int(propertiesLength)
        start.copySmall(from: topic, byteCount: Int(topicLength))
        properties.copySmall(from: self.properties, byteCount: Int(propertiesLength))
        payload.copySmall(from: self.payload, byteCount: Int(payloadLength))
        return with(topic: start, properties: properties, payload: payload)
    }

    @inline(__always)
    private func with(topic: UnsafeRawPointer, properties: UnsafeRawPointer, payload: UnsafeRawPointer) -> Message {
        Message(
            topic: topic, payload: payload, properties: properties, payloadLength: payloadLength, propertiesLength: propertiesLength,
            topicLength: topicLength, qos: qos, retain: retain, uses: uses, body: nil, expires: expires,
            record: record)
    }
}
