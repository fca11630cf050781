import MQTTCodec

/// The words of one packet, taken one by one: fields, then `prop` with properties, then `will-prop` with the Will's.
struct Words {
    private(set) var left: [Word]
    private(set) var properties: [Word] = []
    private(set) var willProperties: [Word] = []

    init(_ words: [Word]) {
        left = []
        var section = \Words.left
        for word in words {
            switch word.key {
            case "prop" where word.value == nil: section = \.properties
            case "will-prop" where word.value == nil: section = \.willProperties
            default: self[keyPath: section].append(word)
            }
        }
    }

    /// The value of `key`; of several the last, so that a shorthand's own words can be overridden.
    mutating func text(_ key: String) -> String? {
        let value = left.last { $0.key == key }?.value
        left.removeAll { $0.key == key }
        return value
    }

    /// Whether `key` stands there, alone or as `key=1`.
    mutating func flag(_ key: String) -> Bool {
        guard let word = left.last(where: { $0.key == key }) else { return false }
        left.removeAll { $0.key == key }
        return word.value != "0"
    }

    mutating func takeAll() -> [Word] {
        defer { left = [] }
        return left
    }

    mutating func optionalNumber<Number: FixedWidthInteger>(_ key: String) throws(TextFault) -> Number? {
        guard let text = text(key) else { return nil }
        return try PropertyText.number(text)
    }

    mutating func number<Number: FixedWidthInteger>(_ key: String, or absent: Number? = nil) throws(TextFault) -> Number {
        guard let number: Number = try optionalNumber(key) ?? absent else { throw TextFault("`\(key)=` is missing") }
        return number
    }

    mutating func qos(_ key: String) throws(TextFault) -> QoS {
        guard let qos = QoS(rawValue: try number(key, or: 0)) else { throw TextFault("`\(key)` is 0, 1 or 2") }
        return qos
    }

    mutating func reason(or absent: ReasonCode) throws(TextFault) -> ReasonCode {
        guard let number: UInt8 = try optionalNumber("reason") else { return absent }
        guard let reason = ReasonCode(rawValue: number) else { throw TextFault("no Reason Code has this number") }
        return reason
    }
}

extension [Word] {
    func mapWords<Result>(_ transform: (Word) throws(TextFault) -> Result) throws(TextFault) -> [Result] {
        var results: [Result] = []
        for word in self { results.append(try transform(word)) }
        return results
    }
}
