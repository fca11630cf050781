/// How many more QoS 1 and 2 messages may be sent before one is acknowledged [MQTT5 §4.9].
public struct SendQuota: BitwiseCopyable, Sendable {
    @usableFromInline var initial: UInt32
    @usableFromInline var left: UInt32

    /// Starts at the peer's Receive Maximum, or at our own bound where that is lower [MQTT-4.9.0-1].
    @inlinable public init(_ receiveMaximum: Int) {
        initial = UInt32(clamping: max(receiveMaximum, 1))
        left = initial
    }

    @inlinable public var isExhausted: Bool { left == 0 }
    @inlinable public var used: UInt32 { initial - left }
    /// How many more may be sent.
    @inlinable public var room: UInt32 { left }

    /// A PUBLISH with QoS above 0 is sent [MQTT-4.9.0-2].
    @inlinable public mutating func take() {
        precondition(left > 0, "send quota exceeded")
        left -= 1
    }

    /// PUBACK, PUBCOMP, or a PUBREC with a failure came for a PUBLISH of this connection; a PUBREL resent after a
    /// reconnect took nothing. Never above the start.
    @inlinable public mutating func giveBack() {
        if left < initial { left += 1 }
    }
}
