/// Bytes as a person writes them, for packets that no encoder would produce:
///
///     10 { 'MQTT' 05 02 003C {} 'a' }
///
/// Hex digits in pairs; `'text'` is a UTF-8 Encoded String with its length, `"text"` is the text alone; `{ }` is a
/// part preceded by its length as a Variable Byte Integer, `[ ]` by its length in two bytes; `*3` repeats the last
/// element to be there three times.
struct RawBytes {
    private var rest: Substring

    static func parse(_ text: Substring) throws(TextFault) -> [UInt8] {
        var parser = RawBytes(rest: text)
        return try parser.sequence(until: nil)
    }

    private mutating func sequence(until end: Character?) throws(TextFault) -> [UInt8] {
        var bytes: [UInt8] = []
        var last: [UInt8] = []
        while true {
            rest = rest.drop(while: \.isWhitespace)
            guard let character = rest.first else {
                if let end { throw TextFault("`\(end)` is missing") }
                return bytes
            }
            if character == end {
                rest.removeFirst()
                return bytes
            }
            if character == "*" {
                rest.removeFirst()
                let digits = rest.prefix(while: \.isNumber)
                rest = rest[digits.endIndex...]
                guard let times = Int(digits), times > 0 else { throw TextFault("`*` expects a number") }
                for _ in 1..<times { bytes += last }
            } else {
                last = try element(character)
                bytes += last
            }
        }
    }

    private mutating func element(_ character: Character) throws(TextFault) -> [UInt8] {
        switch character {
        case "{":
            rest.removeFirst()
            let part = try sequence(until: "}")
            return Self.variableByteInteger(part.count) + part
        case "[":
            rest.removeFirst()
            return try Self.withLength(sequence(until: "]"))
        case "'": return try Self.withLength(Array(QuotedText.take(from: &rest).utf8))
        case "\"": return Array(try QuotedText.take(from: &rest).utf8)
        default:
            let digits = rest.prefix(2)
            guard digits.count == 2, let byte = UInt8(digits, radix: 16) else { throw TextFault("`\(digits)` is no byte") }
            rest = rest[digits.endIndex...]
            return [byte]
        }
    }

    private static func withLength(_ part: [UInt8]) throws(TextFault) -> [UInt8] {
        guard let length = UInt16(exactly: part.count) else { throw TextFault("more than 65535 bytes") }
        return [UInt8(length >> 8), UInt8(length & 0xFF)] + part
    }

    private static func variableByteInteger(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var value = value
        repeat {
            let next = value >> 7
            bytes.append(UInt8(value & 0x7F) | (next > 0 ? 0x80 : 0))
            value = next
        } while value > 0
        return bytes
    }
}
