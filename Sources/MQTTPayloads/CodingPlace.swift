/// Where coding has failed and why, in one form for what `Codable` throws.
struct CodingPlace {
    let path: String
    let reason: String

    init(_ error: any Error) {
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            self.init(context.codingPath + [key], "missing")
        case DecodingError.valueNotFound(let type, let context):
            self.init(context.codingPath, "expected \(type), found null")
        case DecodingError.typeMismatch(_, let context), DecodingError.dataCorrupted(let context):
            self.init(context.codingPath, Self.reason(context.debugDescription, context.underlyingError))
        case EncodingError.invalidValue(_, let context):
            self.init(context.codingPath, Self.reason(context.debugDescription, context.underlyingError))
        default:
            self.init([], "\(error)")
        }
    }

    private init(_ codingPath: [any CodingKey], _ reason: String) {
        path = Self.text(codingPath)
        self.reason = reason
    }

    /// `rooms[2].temperature`.
    private static func text(_ path: [any CodingKey]) -> String {
        path.reduce(into: "") { text, key in
            if let index = key.intValue { text += "[\(index)]" } else { text += (text.isEmpty ? "" : ".") + key.stringValue }
        }
    }

    /// The parser says where in the text it stopped; the decoder alone, that it did.
    private static func reason(_ words: String, _ underlying: (any Error)?) -> String {
        underlying.map { "\(words) (\($0))" } ?? words
    }
}
