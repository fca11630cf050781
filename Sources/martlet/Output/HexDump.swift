/// Binary payloads as hexdump(1) shows them.
enum HexDump {
    /// Bytes shown of one payload.
    static let longest = 4_096

    /// A line for each 16 bytes.
    static func lines(_ bytes: [UInt8]) -> [String] {
        let shown = bytes.prefix(longest)
        var lines = stride(from: 0, to: shown.count, by: 16).map { start in
            let row = shown[start..<min(start + 16, shown.count)]
            let offset = String(start, radix: 16)
            let hexes = row.map(hex) + Array(repeating: "  ", count: 16 - row.count)
            let halves = hexes[..<8].joined(separator: " ") + "  " + hexes[8...].joined(separator: " ")
            let characters = row.map { (0x20..<0x7F).contains($0) ? String(Unicode.Scalar($0)) : "." }.joined()
            return String(repeating: "0", count: 8 - offset.count) + offset + "  " + halves + "  |" + characters + "|"
        }
        if bytes.count > longest { lines.append("... \(Quantity.count(bytes.count - longest)) bytes more") }
        return lines
    }

    static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}
