import CTOML

/// A table, array or value of a TOML document, and where it stands.
struct TOMLNode {
    enum Content {
        case table([(key: String, node: TOMLNode)])
        case array([TOMLNode])
        case string(String)
        case integer(Int64)
        case boolean(Bool)
        /// What no setting is written as: floating point numbers, dates and times, as the text of the document.
        case other(String)
    }

    let content: Content
    /// Of the key, or of the element of an array; from 1.
    let line: Int
    let column: Int
    /// Of what the key stands for, on the same line.
    let valueColumn: Int

    /// The document cannot be read as TOML; the position is that of the first error.
    struct SyntaxError: Error {
        let line: Int
        let column: Int
        let message: String
    }

    /// The root table of `text`.
    static func parse(_ text: [UInt8]) throws(SyntaxError) -> TOMLNode {
        let parsed = text.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { ctoml_parse($0.baseAddress, $0.count) }
        }
        guard let document = parsed else { throw SyntaxError(line: 1, column: 1, message: "there is no memory to read it") }
        defer { ctoml_free(document) }
        var (line, column): (UInt32, UInt32) = (0, 0)
        if let message = ctoml_error(document, &line, &column) {
            throw SyntaxError(line: Int(line), column: Int(column), message: String(cString: message))
        }
        return TOMLNode(document)
    }

    /// What an error message says was found.
    var description: String {
        switch content {
        case .table: "a table"
        case .array(let elements): "a list of \(elements.count) elements"
        case .string(let text): "the text \(EscapedText.quoted(text))"
        case .integer(let number): "the number \(number)"
        case .boolean(let flag): flag ? "true" : "false"
        case .other(let text): "the value \(text)"
        }
    }

    private init(_ document: OpaquePointer) {
        var children = [[(key: String, node: TOMLNode)]](repeating: [], count: ctoml_count(document))
        var root = TOMLNode(content: .table([]), line: 1, column: 1, valueColumn: 1)
        // A parent comes before its children: backwards, every child is complete when its parent takes it.
        for index in children.indices.reversed() {
            guard let entry = ctoml_entry_at(document, index)?.pointee else { continue }
            let own = Array(children[index].reversed())
            children[index] = []
            let node = TOMLNode(
                content: Content(entry, children: own), line: Int(entry.line), column: Int(entry.column),
                valueColumn: Int(entry.value_column))
            guard entry.parent >= 0 else {
                root = node
                continue
            }
            children[Int(entry.parent)].append((Self.string(entry.key, entry.key_length), node))
        }
        self = root
    }

    private init(content: Content, line: Int, column: Int, valueColumn: Int) {
        self.content = content
        self.line = line
        self.column = column
        self.valueColumn = valueColumn
    }

    fileprivate static func string(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        let bytes = UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension TOMLNode.Content {
    fileprivate init(_ entry: ctoml_entry, children: [(key: String, node: TOMLNode)]) {
        let text = TOMLNode.string(entry.text, entry.text_length)
        self =
            switch entry.type {
            case CTOML_TABLE: .table(children)
            case CTOML_ARRAY: .array(children.map(\.node))
            case CTOML_STRING: .string(text)
            case CTOML_INTEGER: .integer(entry.integer)
            case CTOML_BOOLEAN: .boolean(entry.integer != 0)
            default: .other(text)
            }
    }
}
