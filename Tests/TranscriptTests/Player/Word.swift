import MQTTCodec

/// A word of a line: `retain`, `qos=1`, `payload="two words"`.
struct Word: Hashable, Sendable {
    var key: String
    /// nil: the word stands alone.
    var value: String?

    var isVersion: Bool { value == nil && ProtocolVersion(word: key) != nil }

    /// Splits a line at its spaces; double quotes keep spaces together, `\u{1}`, `\"` and `\\` work inside them.
    static func split(_ line: Substring) throws(TextFault) -> [Word] {
        var words: [Word] = []
        var rest = line.drop(while: \.isWhitespace)
        while !rest.isEmpty {
            var word = Word(key: "")
            while let character = rest.first, !character.isWhitespace {
                if character == "\"" {
                    let text = try QuotedText.take(from: &rest)
                    word.append(text)
                } else {
                    rest.removeFirst()
                    if character == "=", word.value == nil { word.value = "" } else { word.append(String(character)) }
                }
            }
            words.append(word)
            rest = rest.drop(while: \.isWhitespace)
        }
        return words
    }

    private mutating func append(_ text: String) {
        if let value { self.value = value + text } else { key += text }
    }

    /// The line without its comment: `#` between a space and a space or the end begins one.
    static func withoutComment(_ line: Substring) -> Substring {
        var previous: Character = " "
        for index in line.indices {
            let next = line.index(after: index)
            let endsWord = next == line.endIndex || line[next].isWhitespace
            if line[index] == "#", previous.isWhitespace, endsWord { return line[..<index] }
            previous = line[index]
        }
        return line
    }
}

/// Text between two equal quotation marks.
enum QuotedText {
    /// Takes the text at the start of `rest`, which begins with its mark, and undoes the escapes.
    static func take(from rest: inout Substring) throws(TextFault) -> String {
        guard let mark = rest.popFirst() else { throw TextFault("text expected") }
        var text = ""
        while let character = rest.popFirst() {
            if character == mark { return text }
            text.append(character == "\\" ? try escaped(&rest) : character)
        }
        throw TextFault("the text does not end")
    }

    private static func escaped(_ rest: inout Substring) throws(TextFault) -> Character {
        guard let character = rest.popFirst() else { throw TextFault("the text does not end") }
        guard character == "u" else { return character }
        guard rest.popFirst() == "{", let end = rest.firstIndex(of: "}"),
            let number = UInt32(rest[..<end], radix: 16), let scalar = Unicode.Scalar(number)
        else { throw TextFault("\\u{…} expects the number of a character") }
        rest = rest[rest.index(after: end)...]
        return Character(scalar)
    }
}
