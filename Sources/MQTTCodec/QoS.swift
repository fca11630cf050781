/// How surely an Application Message is delivered [MQTT5 §4.3].
public enum QoS: UInt8, BitwiseCopyable, Sendable, CaseIterable, Comparable {
    case atMostOnce = 0
    case atLeastOnce = 1
    case exactlyOnce = 2

    @inlinable public static func < (a: QoS, b: QoS) -> Bool { a.rawValue < b.rawValue }
}
