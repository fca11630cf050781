import MQTTCodec
import Primitives
import Testing

@Suite("Property list") struct PropertyListTests {
    static let everything = PropertyList([
        .payloadFormatIndicator(1), .messageExpiryInterval(seconds: 2), .contentType(UTF8Text("c")),
        .responseTopic(UTF8Text("r")), .correlationData([4]), .subscriptionIdentifier(300),
        .sessionExpiryInterval(seconds: 5), .assignedClientIdentifier(UTF8Text("a")), .serverKeepAlive(seconds: 6),
        .authenticationMethod(UTF8Text("m")), .authenticationData([7]), .requestProblemInformation(true),
        .willDelayInterval(seconds: 8), .requestResponseInformation(false), .responseInformation(UTF8Text("i")),
        .serverReference(UTF8Text("s")), .reasonString(UTF8Text("y")), .receiveMaximum(9), .topicAliasMaximum(10),
        .topicAlias(11), .maximumQoS(1), .retainAvailable(true), .userProperty(UTF8Text("n"), UTF8Text("v")),
        .maximumPacketSize(12), .wildcardSubscriptionAvailable(false), .subscriptionIdentifierAvailable(true),
        .sharedSubscriptionAvailable(false), .userProperty(UTF8Text("n"), UTF8Text("w")), .subscriptionIdentifier(1),
    ])

    @Test("Every property is found by its name, and absent in an empty list") func values() {
        let list = Self.everything
        #expect(list.payloadFormatIndicator == 1)
        #expect(list.messageExpiryInterval == 2)
        #expect(list.contentType?.string == "c")
        #expect(list.responseTopic?.string == "r")
        #expect(list.correlationData == [4])
        #expect(list.subscriptionIdentifiers == [300, 1])
        #expect(list.sessionExpiryInterval == 5)
        #expect(list.assignedClientIdentifier?.string == "a")
        #expect(list.serverKeepAlive == 6)
        #expect(list.authenticationMethod?.string == "m")
        #expect(list.authenticationData == [7])
        #expect(list.requestProblemInformation == true)
        #expect(list.willDelayInterval == 8)
        #expect(list.requestResponseInformation == false)
        #expect(list.responseInformation?.string == "i")
        #expect(list.serverReference?.string == "s")
        #expect(list.reasonString?.string == "y")
        #expect(list.receiveMaximum == 9)
        #expect(list.topicAliasMaximum == 10)
        #expect(list.topicAlias == 11)
        #expect(list.maximumQoS == 1)
        #expect(list.retainAvailable == true)
        #expect(list.userProperties.map(\.value.string) == ["v", "w"])
        #expect(list.maximumPacketSize == 12)
        #expect(list.wildcardSubscriptionAvailable == false)
        #expect(list.subscriptionIdentifierAvailable == true)
        #expect(list.sharedSubscriptionAvailable == false)
        #expect(PropertyList().receiveMaximum == nil)
        #expect(PropertyList().userProperties.isEmpty)
    }

    @Test("The list knows all there are") func complete() {
        #expect(Set(Self.everything.properties.map(\.identifier)) == Set(PropertyIdentifier.allCases))
    }

    @Test("Its length is what it encodes to, with the Property Length in front if asked") func encoding() {
        var buffer = ByteBuffer()
        let list = PropertyList(Self.everything.properties + Self.everything.properties)
        list.encode(into: &buffer)
        #expect(buffer.count == list.encodedLength)
        let plain = Array(buffer.bytes)
        buffer.removeAll()
        list.encodeWithLength(into: &buffer)
        #expect(Array(buffer.bytes) == [UInt8(plain.count & 0x7F) | 0x80, UInt8(plain.count >> 7)] + plain)
        buffer.removeAll()
        PropertyList().encodeWithLength(into: &buffer)
        #expect(Array(buffer.bytes) == [0])
    }

    @Test("Some can be taken out") func removing() {
        let rest = Self.everything.removing(.userProperty, .topicAlias)
        #expect(rest.userProperties.isEmpty)
        #expect(rest.topicAlias == nil)
        #expect(rest.properties.count == Self.everything.properties.count - 3)
    }
}
