/// Bytes from strangers, on a terminal: what would move its cursor or change its colours is not let through.
enum PlainText {
    /// The bytes as text, if they are UTF-8 without control characters but tabs and ends of lines.
    static func text(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var isAfterReturn = false
        for scalar in text.unicodeScalars {
            if isAfterReturn, scalar != "\n" { return nil }
            isAfterReturn = scalar == "\r"
            if isControl(scalar), !["\t", "\n", "\r"].contains(scalar) { return nil }
        }
        return isAfterReturn ? nil : text
    }

    /// Text with every control character as its code point.
    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.map { isControl($0) ? "\\u{\(String($0.value, radix: 16))}" : String($0) }.joined()
    }

    /// The beginning of a payload, on one line of at most `width` characters.
    static func shortened(_ bytes: [UInt8], to width: Int) -> String {
        guard let whole = text(bytes) else { return clipped(bytes.prefix(width).map(HexDump.hex).joined(separator: " "), to: width) }
        return clipped(whole.unicodeScalars.prefix(width + 1).map { isControl($0) ? " " : String($0) }.joined(), to: width)
    }

    static func clipped(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }
}
