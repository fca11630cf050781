/// JSON that is indented anew: names, order and numbers stay exactly as they came.
struct JSONText {
    private let bytes: [UInt8]
    private let style: Style
    private var position = 0
    private var output = ""

    /// Nesting beyond which a payload is shown as it is.
    private static let deepest = 128

    /// The lines of an object or array; nil: the bytes are not valid JSON.
    static func indented(_ bytes: [UInt8], style: Style) -> String? {
        var text = JSONText(bytes: bytes, style: style)
        text.skipSpace()
        guard text.peek == UInt8(ascii: "{") || text.peek == UInt8(ascii: "["), text.value(depth: 0) else { return nil }
        text.skipSpace()
        return text.peek == nil ? text.output : nil
    }

    /// Whether the bytes are one JSON value of any kind.
    static func isValid(_ bytes: [UInt8]) -> Bool {
        var text = JSONText(bytes: bytes, style: Style(isColoured: false))
        guard text.value(depth: 0) else { return false }
        text.skipSpace()
        return text.peek == nil
    }

    private init(bytes: [UInt8], style: Style) {
        self.bytes = bytes
        self.style = style
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    private mutating func value(depth: Int) -> Bool {
        guard depth < Self.deepest else { return false }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return members(depth: depth, from: "{", to: "}")
        case UInt8(ascii: "["): return members(depth: depth, from: "[", to: "]")
        case UInt8(ascii: "\""): return scan(.green) { $0.string() }
        case UInt8(ascii: "t"): return scan(.magenta) { $0.word("true") }
        case UInt8(ascii: "f"): return scan(.magenta) { $0.word("false") }
        case UInt8(ascii: "n"): return scan(.magenta) { $0.word("null") }
        default: return scan(.yellow) { $0.number() }
        }
    }

    private mutating func members(depth: Int, from opening: Unicode.Scalar, to closing: Unicode.Scalar) -> Bool {
        position += 1
        output.unicodeScalars.append(opening)
        skipSpace()
        if !take(closing) {
            repeat {
                output += "\n" + String(repeating: "  ", count: depth + 1)
                skipSpace()
                if opening == "{" {
                    guard scan(.blue, { $0.string() }) else { return false }
                    skipSpace()
                    guard take(":") else { return false }
                    output += ": "
                }
                guard value(depth: depth + 1) else { return false }
                skipSpace()
            } while takeComma()
            guard take(closing) else { return false }
            output += "\n" + String(repeating: "  ", count: depth)
        }
        output.unicodeScalars.append(closing)
        return true
    }

    private mutating func takeComma() -> Bool {
        guard take(",") else { return false }
        output += ","
        return true
    }

    /// What `read` passes over goes to the output, as it is.
    private mutating func scan(_ colour: Style.Colour, _ read: (inout JSONText) -> Bool) -> Bool {
        let start = position
        guard read(&self), let text = String(validating: bytes[start..<position], as: UTF8.self) else { return false }
        output += style.paint(text, colour)
        return true
    }

    private mutating func word(_ word: String) -> Bool {
        guard bytes[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let byte = peek, byte >= 0x20 {
            position += 1
            if byte == UInt8(ascii: "\"") { return true }
            guard byte == UInt8(ascii: "\\") else { continue }
            guard let escaped = peek, "\"\\/bfnrtu".utf8.contains(escaped) else { return false }
            position += 1
            guard escaped == UInt8(ascii: "u") else { continue }
            for _ in 0..<4 {
                guard let digit = peek, Character(Unicode.Scalar(digit)).isHexDigit else { return false }
                position += 1
            }
        }
        return false
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if !take("0") {
            guard digits() else { return false }
        }
        if take(".") {
            guard digits() else { return false }
        }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            return digits()
        }
        return true
    }

    private mutating func digits() -> Bool {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position > start
    }
}
