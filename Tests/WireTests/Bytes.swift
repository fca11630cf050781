// Packets written by hand, so that nothing here leans on the codec it tests.

/// The versions of the standard, by their Protocol Level.
enum Version: UInt8, CaseIterable, Comparable, Sendable {
    case v3_1 = 3
    case v3_1_1 = 4
    case v5 = 5

    static func < (a: Version, b: Version) -> Bool { a.rawValue < b.rawValue }
}

func twoBytes(_ number: Int) -> [UInt8] { [UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)] }

func fourBytes(_ number: Int) -> [UInt8] { twoBytes(number >> 16) + twoBytes(number & 0xFFFF) }

func variable(_ number: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = number
    repeat {
        bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
        rest >>= 7
    } while rest > 0
    return bytes
}

/// A length of two bytes, and what it counts.
func string(_ bytes: [UInt8]) -> [UInt8] { twoBytes(bytes.count) + bytes }
func string(_ text: String) -> [UInt8] { string(Array(text.utf8)) }

func packet(_ firstByte: UInt8, _ body: [UInt8]) -> [UInt8] { [firstByte] + variable(body.count) + body }

func hex(_ bytes: [UInt8]) -> String {
    bytes.prefix(48).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ") + (bytes.count > 48 ? " …" : "")
}

func hex(_ byte: UInt8) -> String { "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }

/// Strings that are no UTF-8, or no UTF-8 the standard lets through [MQTT-1.5.4-1] [MQTT-1.5.4-2].
let illFormedStrings: [(name: String, bytes: [UInt8])] = [
    ("U+0000", [0x61, 0x00, 0x62]),
    ("U+0000 overlong", [0xC0, 0x80]),
    ("a slash overlong", [0xC0, 0xAF]),
    ("overlong in three bytes", [0xE0, 0x80, 0xAF]),
    ("overlong in four bytes", [0xF0, 0x80, 0x80, 0xAF]),
    ("the surrogate U+D800", [0xED, 0xA0, 0x80]),
    ("the surrogate U+DFFF", [0xED, 0xBF, 0xBF]),
    ("a continuation alone", [0x80]),
    ("a lead alone", [0x61, 0xC3]),
    ("two of three bytes", [0xE2, 0x82]),
    ("three of four bytes", [0xF0, 0x9F, 0x90]),
    ("a lead before a letter", [0xC3, 0x28]),
    ("above U+10FFFF", [0xF4, 0x90, 0x80, 0x80]),
    ("0xFE", [0xFE]),
    ("0xFF", [0xFF]),
]

/// Strings of characters a receiver may refuse, and this one does in names of clients and topics.
let unwelcomeStrings: [(name: String, bytes: [UInt8])] = [
    ("U+0001", [0x61, 0x01]),
    ("U+001F", [0x1F]),
    ("U+007F", [0x7F, 0x61]),
    ("U+0080", [0xC2, 0x80]),
    ("U+009F", [0xC2, 0x9F]),
    ("U+FDD0", [0xEF, 0xB7, 0x90]),
    ("U+FFFF", [0xEF, 0xBF, 0xBF]),
    ("U+10FFFF", [0xF4, 0x8F, 0xBF, 0xBF]),
]

/// Strings at the edges of what is allowed [MQTT-1.5.4-3].
let welcomeStrings: [(name: String, bytes: [UInt8])] = [
    ("a space", [0x20]),
    ("U+00A0", [0xC2, 0xA0]),
    ("U+07FF", [0xDF, 0xBF]),
    ("U+0800", [0xE0, 0xA0, 0x80]),
    ("U+D7FF", [0xED, 0x9F, 0xBF]),
    ("U+E000", [0xEE, 0x80, 0x80]),
    ("U+FEFF", [0xEF, 0xBB, 0xBF, 0x61]),
    ("U+FFFD", [0xEF, 0xBF, 0xBD]),
    ("U+1F426", [0xF0, 0x9F, 0x90, 0xA6]),
    ("65,535 bytes", [UInt8](repeating: 0x61, count: 65_535)),
]
