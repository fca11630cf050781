/// A message for people: a line about it, then its payload, indented.
enum ReadableMessage {
    static func text(_ delivery: Delivery, style: Style) -> String {
        var parts = [style.paint(delivery.time.clock, .faint), style.paint(PlainText.escaped(delivery.topic), .bold)]
        parts.append("QoS \(delivery.qos.rawValue)")
        if delivery.retain { parts.append(style.paint("retained", .yellow)) }
        if delivery.isDuplicate { parts.append(style.paint("duplicate", .yellow)) }
        parts += delivery.properties.words.map { style.paint(PlainText.escaped($0), .cyan) }
        return parts.joined(separator: "  ") + "\n" + lines(delivery.payload, style: style).map { "  \($0)\n" }.joined()
    }

    private static func lines(_ payload: [UInt8], style: Style) -> [String] {
        if payload.isEmpty { return [style.paint("(empty)", .faint)] }
        guard let text = PlainText.text(payload) else { return HexDump.lines(payload).map { style.paint($0, .faint) } }
        // Character by character: "\r\n" is one of them.
        return (JSONText.indented(payload, style: style) ?? text).split(whereSeparator: \.isNewline).map(String.init)
    }
}
