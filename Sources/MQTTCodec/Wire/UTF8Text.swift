/// A UTF-8 Encoded String: compared byte for byte, never normalised [MQTT-1.5.4-1] [MQTT-4.7.3-4].
public struct UTF8Text: Hashable, Sendable {
    public let bytes: [UInt8]

    /// Takes bytes that are known to be valid.
    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
    public init(_ string: String) { bytes = Array(string.utf8) }

    /// Nil unless `bytes` are a valid string of at most 65,535 bytes.
    public init?(validating bytes: UnsafeRawBufferPointer, controlCharactersAllowed: Bool) {
        guard bytes.count <= Int(UInt16.max),
            UTF8Validation.isValid(bytes, controlCharactersAllowed: controlCharactersAllowed)
        else { return nil }
        self.bytes = Array(bytes)
    }

    public var string: String { String(decoding: bytes, as: UTF8.self) }
    public var isEmpty: Bool { bytes.isEmpty }
}
