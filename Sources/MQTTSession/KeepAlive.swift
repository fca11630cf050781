import Primitives

/// The server's side of Keep Alive [MQTT5 §3.1.2.10]: silence for one and a half times the interval ends the connection.
public struct KeepAlive: BitwiseCopyable, Sendable {
    /// 0: never.
    public var seconds: UInt16

    @inlinable public init(seconds: UInt16) { self.seconds = seconds }

    /// When a connection whose last packet came at `last` is given up [MQTT-3.1.2-22].
    @inlinable public func deadline(after last: Instant) -> Instant {
        seconds == 0 ? .never : last.advanced(byMilliseconds: Int64(seconds) * 1_500)
    }
}
