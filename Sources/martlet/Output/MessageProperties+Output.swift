import MQTTClient

extension MessageProperties {
    /// Under the names `-D` has for them; User Properties as name and value, because names may repeat.
    var json: String {
        var object = JSONObject()
        if let contentType { object.add("content-type", contentType) }
        if let isText { object.add("payload-format-indicator", isText ? 1 : 0) }
        if let expirySeconds { object.add("message-expiry-interval", Int(expirySeconds)) }
        if let responseTopic { object.add("response-topic", responseTopic) }
        if let correlationData { object.add("correlation-data", bytes: correlationData) }
        if !userProperties.isEmpty {
            let pairs = userProperties.map { property in
                var pair = JSONObject()
                pair.add("name", property.name)
                pair.add("value", property.value)
                return pair.closed
            }
            object.addRaw("user-property", "[" + pairs.joined(separator: ",") + "]")
        }
        return object.closed
    }

    /// For people, each with its name.
    var words: [String] {
        var words: [String] = []
        if let contentType { words.append("content-type=\(contentType)") }
        if let isText { words.append("payload-format-indicator=\(isText ? 1 : 0)") }
        if let expirySeconds { words.append("message-expiry-interval=\(expirySeconds)") }
        if let responseTopic { words.append("response-topic=\(responseTopic)") }
        if let correlationData { words.append("correlation-data=\(PlainText.shortened(correlationData, to: 48))") }
        return words + userProperties.map { "\($0.name)=\($0.value)" }
    }
}
