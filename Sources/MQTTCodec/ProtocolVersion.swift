/// The version of the standard a Network Connection speaks; the codec takes it as a parameter.
public enum ProtocolVersion: UInt8, BitwiseCopyable, Sendable, CaseIterable, Comparable {
    case v3_1 = 3
    case v3_1_1 = 4
    case v5 = 5

    @inlinable public static func < (a: ProtocolVersion, b: ProtocolVersion) -> Bool { a.rawValue < b.rawValue }
}
