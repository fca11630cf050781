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

    public var topicBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: topic, count: Int(topicLength)) }
    public var payloadBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: payload, count: Int(payloadLength)) }
    public var propertyBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: properties, count: Int(propertiesLength)) }

    /// What it counts against the budgets, in bytes.
    var size: Int { Int(topicLength) + Int(propertiesLength) + Int(payloadLength) }

    /// Copies topic, properties and payload, one behind the other, to where there are `size` bytes of room, and names
    /// them there.
    mutating func copyParts(to start: UnsafeMutableRawPointer) {
        var at = start
        at.copySmall(from: topic, byteCount: Int(topicLength))
        topic = UnsafeRawPointer(at)
        at += Int(topicLength)
        at.copySmall(from: properties, byteCount: Int(propertiesLength))
        properties = UnsafeRawPointer(at)
        at += Int(propertiesLength)
        at.copySmall(from: payload, byteCount: Int(payloadLength))
        payload = UnsafeRawPointer(at)
        body = nil
    }
}
