import ClientCore
import MQTTCodec
import Testing

@Suite("Properties of messages by their names")
struct MessagePropertiesTests {
    @Test("What is set is what the packet has, once")
    func names() {
        var properties = MessageProperties(
            contentType: "a", isText: true, expirySeconds: 5, responseTopic: "r", correlationData: [1],
            userProperties: [UserProperty("n", "1"), UserProperty("n", "2")])
        properties.contentType = "b"
        properties.isText = false
        #expect(properties.contentType == "b" && properties.isText == false && properties.expirySeconds == 5)
        #expect(properties.responseTopic == "r" && properties.correlationData == [1])
        #expect(properties.userProperties == [UserProperty("n", "1"), UserProperty("n", "2")])
        #expect(properties.list.properties.count == 7)
        properties.userProperties = [UserProperty("m", "3")]
        (properties.contentType, properties.isText, properties.expirySeconds) = (nil, nil, nil)
        (properties.responseTopic, properties.correlationData) = (nil, nil)
        #expect(properties.list == PropertyList([.userProperty(UTF8Text("m"), UTF8Text("3"))]))
        #expect(properties.problem == nil && properties.subscriptionIdentifiers.isEmpty)
    }
}
