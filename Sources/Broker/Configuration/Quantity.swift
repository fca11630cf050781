/// Numbers of bytes as people write them: `4096`, `64KiB`, `1GiB`, `10MB`.
enum ByteSize {
    private static let units: [(name: String, factor: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("KB", 1_000), ("B", 1), ("", 1),
    ]

    /// nil: no number of bytes, or more than 63 bits hold.
    static func parse(_ text: String) -> Int? { Quantity.parse(text, units: units) }

    /// The shortest exact text: 65,536 is `64KiB`, 65,537 is `65537`.
    static func text(_ bytes: Int) -> String { Quantity.text(bytes, units: units.prefix(4)) }
}

/// Numbers of seconds as people write them: `90`, `30s`, `5m`, `12h`, `7d`.
enum TimeSpan {
    private static let units: [(name: String, factor: Int)] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1), ("", 1)]

    /// nil: no number of seconds, or more than 63 bits hold.
    static func parse(_ text: String) -> Int? { Quantity.parse(text, units: units) }

    /// The shortest exact text: 90 is `90s`, 604,800 is `7d`.
    static func text(_ seconds: Int) -> String { Quantity.text(seconds, units: units.prefix(4)) }
}

private enum Quantity {
    static func parse(_ text: String, units: [(name: String, factor: Int)]) -> Int? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        let name = text.dropFirst(digits.count).drop { $0 == " " }
        guard let number = Int(digits), let unit = units.first(where: { $0.name == name }) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.factor)
        return overflow ? nil : product
    }

    static func text(_ number: Int, units: ArraySlice<(name: String, factor: Int)>) -> String {
        let unit = units.first { number != 0 && number.isMultiple(of: $0.factor) }
        return unit.map { "\(number / $0.factor)\($0.name)" } ?? "\(number)"
    }
}
