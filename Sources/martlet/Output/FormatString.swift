/// The format of `-F`, with the sequences mosquitto_sub has.
struct FormatString: Equatable, Sendable {
    enum Part: Equatable, Sendable {
        case bytes([UInt8])
        case field(Unicode.Scalar, Width)
        /// What strftime(3) makes of this letter.
        case time(Unicode.Scalar)
    }

    /// `0`, `-`, least and greatest width, as printf(3) has them.
    struct Width: Equatable, Sendable {
        var isZeroPadded = false
        var isLeftAligned = false
        var least = 0
        var greatest: Int?
    }

    private(set) var parts: [Part] = []

    init(_ text: String) throws(Failure) {
        var reader = Reader(rest: text.unicodeScalars[...])
        while let scalar = reader.rest.popFirst() {
            switch scalar {
            case "%": try append(reader.field())
            case "@": try append(reader.time())
            case "\\": try append(reader.escape())
            default: append(.bytes(Array(String(scalar).utf8)))
            }
        }
    }

    func bytes(_ delivery: Delivery) -> [UInt8] {
        parts.reduce(into: []) { bytes, part in
            switch part {
            case .bytes(let constant): bytes += constant
            case .time("N"): bytes += delivery.time.fraction.utf8
            case .time(let letter): bytes += delivery.time.local("%\(letter)").utf8
            case .field(let letter, let width): bytes += width.fit(FormatField.bytes(letter, delivery))
            }
        }
    }

    private mutating func append(_ part: Part) {
        if case .bytes(let new) = part, case .bytes(let old)? = parts.last {
            parts[parts.count - 1] = .bytes(old + new)
        } else {
            parts.append(part)
        }
    }
}

extension FormatString.Width {
    fileprivate func fit(_ value: [UInt8]) -> [UInt8] {
        let value = greatest.map { Array(value.prefix($0)) } ?? value
        let padding = max(0, least - value.count)
        if isLeftAligned { return value + Array(repeating: 0x20, count: padding) }
        return Array(repeating: isZeroPadded ? UInt8(ascii: "0") : 0x20, count: padding) + value
    }
}

extension FormatString {
    private struct Reader {
        var rest: Substring.UnicodeScalarView

        mutating func field() throws(Failure) -> Part {
            var width = Width()
            while let flag = rest.first, flag == "0" || flag == "-" {
                if flag == "0" { width.isZeroPadded = true } else { width.isLeftAligned = true }
                rest.removeFirst()
            }
            width.least = number() ?? 0
            if rest.first == "." {
                rest.removeFirst()
                width.greatest = number() ?? 0
            }
            guard let letter = rest.popFirst() else { throw Failure(.wrongUsage, "-F: expected a letter behind % (% itself is %%)") }
            if letter == "%" { return .bytes([UInt8(ascii: "%")]) }
            guard FormatField.letters.contains(letter) else {
                let known = FormatField.letters.map { "%\($0)" }.joined(separator: " ")
                throw Failure(.wrongUsage, "-F: %\(letter): expected one of \(known) %%")
            }
            return .field(letter, width)
        }

        mutating func time() throws(Failure) -> Part {
            guard let letter = rest.popFirst(), letter.isASCII else {
                throw Failure(.wrongUsage, "-F: expected a letter of strftime(3) behind @ (@ itself is @@)")
            }
            return letter == "@" ? .bytes([UInt8(ascii: "@")]) : .time(letter)
        }

        mutating func escape() throws(Failure) -> Part {
            let meanings: [Unicode.Scalar: UInt8] = [
                "\\": 0x5C, "0": 0, "a": 7, "e": 0x1B, "n": 0x0A, "r": 0x0D, "t": 9, "v": 0x0B,
            ]
            guard let byte = rest.popFirst().flatMap({ meanings[$0] }) else {
                throw Failure(.wrongUsage, "-F: expected one of \\\\ \\0 \\a \\e \\n \\r \\t \\v")
            }
            return .bytes([byte])
        }

        private mutating func number() -> Int? {
            var digits = ""
            while let digit = rest.first, ("0"..."9").contains(digit), digits.count < 4 {
                digits.unicodeScalars.append(digit)
                rest.removeFirst()
            }
            return Int(digits)
        }
    }
}
