/// The members of a JSON object: each has to be asked for, and what nobody asks for is an error.
struct FieldReader {
    /// What is wrong with a line.
    struct Problem: Error, Equatable {
        /// Which member, such as `claims[0].session`; nil: none of them.
        let field: String?
        let words: String
    }

    private var members: [String: JSONValue]
    /// Stands before the names.
    private let path: String
    private var known: [String] = []

    init(_ value: JSONValue, path: String = "") throws(Problem) {
        guard case .object(let members) = value else {
            throw Problem(field: path.isEmpty ? nil : path, words: "expected an object, found \(value.name)")
        }
        self.members = members
        self.path = path.isEmpty ? "" : path + "."
    }

    func has(_ name: String) -> Bool { members[name] != nil }

    /// Throws for what nobody has asked for.
    func end() throws(Problem) {
        guard let name = members.keys.min() else { return }
        let hint = NearestWord.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
        throw Problem(field: path + name, words: "unknown field" + hint)
    }

    func problem(_ name: String, _ words: String) -> Problem { Problem(field: path + name, words: words) }

    /// The member of this name, null if it is.
    mutating func value(_ name: String, _ expected: String) throws(Problem) -> JSONValue {
        known.append(name)
        guard let value = members.removeValue(forKey: name) else { throw problem(name, "expected \(expected), found nothing") }
        return value
    }

    mutating func text(_ name: String, _ expected: String = "a text") throws(Problem) -> String {
        let value = try value(name, expected)
        guard case .string(let text) = value else { throw problem(name, "expected \(expected), found \(value.name)") }
        return text
    }

    mutating func flag(_ name: String) throws(Problem) -> Bool {
        let value = try value(name, "true or false")
        guard case .bool(let flag) = value else { throw problem(name, "expected true or false, found \(value.name)") }
        return flag
    }

    /// A whole number, as a number or, as those are written that lose digits elsewhere, as a text.
    mutating func number<Number: FixedWidthInteger>(
        _ name: String, _ range: ClosedRange<Number> = Number.min...Number.max
    ) throws(Problem) -> Number {
        try optionalNumber(name, range, isOptional: false) ?? range.lowerBound
    }

    /// null: none.
    mutating func optionalNumber<Number: FixedWidthInteger>(
        _ name: String, _ range: ClosedRange<Number> = Number.min...Number.max, isOptional: Bool = true
    ) throws(Problem) -> Number? {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)" + (isOptional ? ", or null" : "")
        let value = try value(name, expected)
        switch value {
        case .number(let text), .string(let text):
            if let number = Number(text), range.contains(number) { return number }
        case .null where isOptional: return nil
        default: break
        }
        throw problem(name, "expected \(expected), found \(value.name)")
    }

    /// A moment; null has the meaning that is given.
    mutating func moment(_ name: String, null: Int64? = nil) throws(Problem) -> Int64 {
        let expected = "a time such as 2026-01-31T09:47:38.123456789Z" + (null == nil ? "" : ", or null")
        let value = try value(name, expected)
        switch value {
        case .string(let text):
            if let moment = Timestamp(text)?.since1970 { return moment }
        case .null:
            if let null { return null }
        default: break
        }
        throw problem(name, "expected \(expected), found \(value.name)")
    }

    /// A text, or what stands in Base64 under the name that says so.
    mutating func bytes(_ name: String, atMost limit: Int = Int(UInt16.max)) throws(Problem) -> [UInt8] {
        let encoded = name + "_base64"
        guard has(encoded) else {
            let bytes = Array(try text(name, "a text, or \(encoded)").utf8)
            guard bytes.count <= limit else { throw problem(name, "expected at most \(limit) bytes, found \(bytes.count)") }
            return bytes
        }
        guard let bytes = Base64.decoded(try text(encoded)) else { throw problem(encoded, "expected Base64") }
        guard bytes.count <= limit else { throw problem(encoded, "expected at most \(limit) bytes, found \(bytes.count)") }
        return bytes
    }

    /// The elements of an array, with what each is called.
    mutating func elements(_ name: String) throws(Problem) -> [(path: String, value: JSONValue)] {
        let value = try value(name, "an array")
        guard case .array(let elements) = value else { throw problem(name, "expected an array, found \(value.name)") }
        return elements.enumerated().map { (path + "\(name)[\($0.offset)]", $0.element) }
    }
}
