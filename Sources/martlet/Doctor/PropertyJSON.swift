import MQTTCodec
import Primitives

/// Encoded properties as an array of objects, each with one name, in their order: what comes back are the very bytes.
enum PropertyJSON {
    /// Adds an array, nothing where there are none, and Base64 where they cannot be told in words.
    static func add(_ bytes: [UInt8], as name: String, to object: inout JSONObject) {
        if bytes.isEmpty { return }
        guard let properties = properties(bytes), encoded(properties) == bytes else {
            return object.add(name + "_base64", Base64.encoded(bytes))
        }
        object.addRaw(name, "[" + properties.map(json).joined(separator: ",") + "]")
    }

    /// The bytes of an array that `add` wrote.
    static func read(_ name: String, from fields: inout FieldReader, atMost limit: Int) throws(FieldReader.Problem) -> [UInt8] {
        if fields.has(name + "_base64") { return try fields.bytes(name, atMost: limit) }
        guard fields.has(name) else { return [] }
        var properties: [Property] = []
        for (path, value) in try fields.elements(name) {
            var member = try FieldReader(value, path: path)
            properties.append(try property(&member))
            try member.end()
        }
        let bytes = encoded(properties)
        guard bytes.count <= limit else { throw fields.problem(name, "expected at most \(limit) bytes, found \(bytes.count)") }
        return bytes
    }

    private static func encoded(_ properties: [Property]) -> [UInt8] {
        var buffer = ByteBuffer()
        PropertyList(properties).encode(into: &buffer)
        return Array(buffer.bytes)
    }

    // MARK: - To JSON

    private static func json(_ property: Property) -> String {
        var object = JSONObject()
        switch property {
        case .payloadFormatIndicator(let value): object.add("payload-format-indicator", Int(value))
        case .messageExpiryInterval(let seconds): object.add("message-expiry-interval", Int(seconds))
        case .contentType(let text): object.add("content-type", text.string)
        case .responseTopic(let text): object.add("response-topic", text.string)
        case .correlationData(let data): object.add("correlation-data", bytes: data)
        case .subscriptionIdentifier(let number): object.add("subscription-identifier", Int(number))
        case .userProperty(let name, let value):
            var pair = JSONObject()
            pair.add("name", name.string)
            pair.add("value", value.string)
            object.addRaw("user-property", pair.closed)
        default: break
        }
        return object.closed
    }

    /// nil: something else is among them.
    private static func properties(_ bytes: [UInt8]) -> [Property]? {
        bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            var properties: [Property] = []
            while !reader.isAtEnd {
                guard let property = property(&reader) else { return nil }
                properties.append(property)
            }
            return properties
        }
    }

    private static func property(_ reader: inout ByteReader) -> Property? {
        switch reader.uint8().flatMap(PropertyIdentifier.init(rawValue:)) {
        case .payloadFormatIndicator: return reader.uint8().map { .payloadFormatIndicator($0) }
        case .messageExpiryInterval: return reader.uint32().map { .messageExpiryInterval(seconds: $0) }
        case .contentType: return text(&reader).map { .contentType($0) }
        case .responseTopic: return text(&reader).map { .responseTopic($0) }
        case .correlationData: return binary(&reader).map { .correlationData(Array($0)) }
        case .subscriptionIdentifier:
            guard case .value(let number, isMinimal: true) = VariableByteInteger.read(&reader) else { return nil }
            return .subscriptionIdentifier(number)
        case .userProperty:
            guard let name = text(&reader), let value = text(&reader) else { return nil }
            return .userProperty(name, value)
        default: return nil
        }
    }

    private static func binary(_ reader: inout ByteReader) -> UnsafeRawBufferPointer? { reader.uint16().flatMap { reader.bytes(Int($0)) } }

    private static func text(_ reader: inout ByteReader) -> UTF8Text? {
        binary(&reader).flatMap { String(validating: $0, as: UTF8.self) == nil ? nil : UTF8Text(unchecked: Array($0)) }
    }

    // MARK: - From JSON

    private static func property(_ member: inout FieldReader) throws(FieldReader.Problem) -> Property {
        if member.has("payload-format-indicator") { return .payloadFormatIndicator(try member.number("payload-format-indicator")) }
        if member.has("message-expiry-interval") { return .messageExpiryInterval(seconds: try member.number("message-expiry-interval")) }
        if member.has("content-type") { return .contentType(try text("content-type", &member)) }
        if member.has("response-topic") { return .responseTopic(try text("response-topic", &member)) }
        if member.has("subscription-identifier") {
            return .subscriptionIdentifier(try member.number("subscription-identifier", 0...VariableByteInteger.maximum))
        }
        if member.has("user-property") {
            var pair = try FieldReader(try member.value("user-property", "an object"), path: "user-property")
            let property = Property.userProperty(try text("name", &pair), try text("value", &pair))
            try pair.end()
            return property
        }
        return .correlationData(try member.bytes("correlation-data"))
    }

    private static func text(_ name: String, _ member: inout FieldReader) throws(FieldReader.Problem) -> UTF8Text {
        UTF8Text(unchecked: try member.bytes(name))
    }
}
