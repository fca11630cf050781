/// What is wrong with a transcript or with what the broker did in it: file, line, and words.
struct TranscriptError: Error, Hashable, CustomStringConvertible {
    var file: String
    var line: Int
    var message: String

    var description: String { "\(file):\(line): \(message)" }
}

/// A fault in one line of text, before it is known where the line stands.
struct TextFault: Error, Hashable {
    var message: String
    init(_ message: String) { self.message = message }
}
