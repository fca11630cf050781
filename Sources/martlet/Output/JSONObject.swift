/// One JSON object on one line, its members in the order in which they are added.
struct JSONObject {
    private(set) var text = "{"

    mutating func add(_ name: String, _ value: String) { addRaw(name, Self.quoted(value)) }
    mutating func add(_ name: String, _ value: Int) { addRaw(name, "\(value)") }
    mutating func add(_ name: String, _ value: Bool) { addRaw(name, "\(value)") }

    /// With so many decimals.
    mutating func add(_ name: String, _ value: Double, decimals: Int) { addRaw(name, Quantity.fixed(value, decimals)) }

    /// As a string if it is UTF-8, and otherwise in Base64 under a name that says so.
    mutating func add(_ name: String, bytes: [UInt8]) {
        if let text = String(validating: bytes, as: UTF8.self) { add(name, text) } else { add(name + "_base64", Base64.encoded(bytes)) }
    }

    /// A value that is JSON already.
    mutating func addRaw(_ name: String, _ value: String) {
        if text.utf8.count > 1 { text += "," }
        text += Self.quoted(name) + ":" + value
    }

    /// The whole object.
    var closed: String { text + "}" }

    static func quoted(_ string: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        bytes.reserveCapacity(string.utf8.count + 2)
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x0A: bytes += "\\n".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0x09: bytes += "\\t".utf8
            case ..<0x20, 0x7F: bytes += "\\u00\(HexDump.hex(byte))".utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return String(decoding: bytes, as: UTF8.self)
    }
}
