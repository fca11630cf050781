/// A UTF-8 Encoded String: compared byte for byte, never normalised [MQTT-1.5.4-1] [MQTT-4.7.3-4].
public struct UTF8Text: Hashable, Sendable {
    public let bytes: [UInt8]

    /// Takes bytes that are known to be valid.
    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
    public init(_ string: String) { bytes = Array(string.utf8) }

    public var string: String { String(decoding: bytes, as: UTF8.self) }
    public var isEmpty: Bool { bytes.isEmpty }
}
