import ClientCore
import MQTTCodec

/// An Application Message that came.
public struct MQTTMessage: Sendable, Hashable {
    let received: ReceivedMessage

    public var topic: String { received.topic }
    public var payload: [UInt8] { received.payload }
    /// The QoS it came with: the lower one of its publisher's and its subscription's.
    public var qos: QoS { received.qos }
    /// It was retained when the subscription began, or, with Retain As Published, its publisher had it retained.
    public var retain: Bool { received.retain }
    /// It may have come before, on an earlier connection (DUP).
    public var isDuplicate: Bool { received.isDuplicate }
    public var properties: MessageProperties { MessageProperties(received.properties) }

    /// The payload as text; what is not UTF-8 is shown as U+FFFD.
    public var text: String { String(decoding: received.payload, as: UTF8.self) }
}
