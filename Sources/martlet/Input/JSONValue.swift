/// A value of JSON, its numbers as they were written: those of 64 bits stay whole.
indirect enum JSONValue: Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Why a text is no value.
    struct Problem: Error, Equatable {
        /// Bytes before the one that was not expected.
        let offset: Int
        let expected: String
    }

    /// Reads one value with nothing behind it but space.
    init(_ bytes: [UInt8]) throws(Problem) {
        var reader = Reader(bytes: bytes)
        self = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.peek == nil else { throw reader.problem("the end of the line") }
    }

    /// What an error calls it.
    var name: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let text): text
        case .string(let text): JSONObject.quoted(PlainText.clipped(text, to: 40))
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONValue {
    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        private static let deepest = 16

        var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

        func problem(_ expected: String) -> Problem { Problem(offset: position, expected: expected) }

        mutating func skipSpace() {
            while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
        }

        mutating func value(depth: Int) throws(Problem) -> JSONValue {
            skipSpace()
            guard depth < Self.deepest else { throw problem("fewer brackets within each other") }
            switch peek {
            case UInt8(ascii: "{"): return try object(depth)
            case UInt8(ascii: "["): return try array(depth)
            case UInt8(ascii: "\""): return .string(try string())
            case UInt8(ascii: "t"): return try word("true", .bool(true))
            case UInt8(ascii: "f"): return try word("false", .bool(false))
            case UInt8(ascii: "n"): return try word("null", .null)
            default: return try number()
            }
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpace()
            guard peek == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        private mutating func object(_ depth: Int) throws(Problem) -> JSONValue {
            position += 1
            var members: [String: JSONValue] = [:]
            if take("}") { return .object(members) }
            repeat {
                skipSpace()
                guard peek == UInt8(ascii: "\"") else { throw problem("a name in quotes") }
                let start = position
                let name = try string()
                guard take(":") else { throw problem("a colon") }
                guard members.updateValue(try value(depth: depth + 1), forKey: name) == nil else {
                    throw Problem(offset: start, expected: "each name once")
                }
            } while take(",")
            guard take("}") else { throw problem("a comma or }") }
            return .object(members)
        }

        private mutating func array(_ depth: Int) throws(Problem) -> JSONValue {
            position += 1
            var elements: [JSONValue] = []
            if take("]") { return .array(elements) }
            repeat { elements.append(try value(depth: depth + 1)) } while take(",")
            guard take("]") else { throw problem("a comma or ]") }
            return .array(elements)
        }

        private mutating func word(_ word: String, _ value: JSONValue) throws(Problem) -> JSONValue {
            guard bytes[position...].starts(with: word.utf8) else { throw problem("a value") }
            position += word.utf8.count
            return value
        }

        private mutating func number() throws(Problem) -> JSONValue {
            let start = position
            while let byte = peek, "+-.0123456789eE".utf8.contains(byte) { position += 1 }
            let digits = bytes[start..<position]
            guard JSONText.isValid(Array(digits)) else { throw Problem(offset: start, expected: "a value") }
            return .number(String(decoding: digits, as: UTF8.self))
        }

        /// What stands between quotes.
        private mutating func string() throws(Problem) -> String {
            position += 1
            var text: [UInt8] = []
            let start = position
            while true {
                let plain = bytes[position...].prefix { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
                text += plain
                position = plain.endIndex
                guard let byte = peek, byte != UInt8(ascii: "\"") else { break }
                guard byte >= 0x20 else { throw problem("a control character as \\u00…") }
                position += 1
                try escape(into: &text)
            }
            guard peek != nil else { throw problem("the quote that ends the text") }
            position += 1
            guard let string = String(validating: text, as: UTF8.self) else { throw Problem(offset: start, expected: "UTF-8") }
            return string
        }

        private mutating func escape(into text: inout [UInt8]) throws(Problem) {
            let plain: [UInt8: UInt8] = [
                0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09,
            ]
            guard let letter = peek else { throw problem("a letter behind \\") }
            position += 1
            if let byte = plain[letter] { return text.append(byte) }
            guard letter == UInt8(ascii: "u") else { throw Problem(offset: position - 1, expected: "one of \" \\ / b f n r t u") }
            var code = try fourDigits()
            if code & 0xFC00 == 0xD800 {
                guard bytes[position...].starts(with: "\\u".utf8) else { throw problem("the other half of a character") }
                position += 2
                let low = try fourDigits()
                guard low & 0xFC00 == 0xDC00 else { throw problem("the other half of a character") }
                code = 0x1_0000 + (code & 0x3FF) << 10 + low & 0x3FF
            }
            guard let scalar = Unicode.Scalar(code) else { throw problem("a character") }
            text += String(scalar).utf8
        }

        private mutating func fourDigits() throws(Problem) -> UInt32 {
            let digits = bytes[position...].prefix(4)
            guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw problem("four hexadecimal digits") }
            position += 4
            return code
        }
    }
}
