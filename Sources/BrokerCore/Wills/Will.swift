import MQTTSession
import Primitives

/// A Will Message, kept from CONNECT until it is published or discarded [MQTT5 §3.1.2.5].
struct Will: BitwiseCopyable {
    static let none = UInt32.max

    var session: UInt32
    var message: UInt32
    var delaySeconds: UInt32
    /// Counts from publication; nil: never expires.
    var messageExpirySeconds: UInt32?
    var timer = TimerWheel.none
    /// Its number on disk; 0: it is not there.
    var record: UInt64 = 0
}
