import MQTTCodec
import Testing

@Suite("Properties that are forwarded") struct PublishPropertiesTests {
    private func forwardable(_ raw: [UInt8]) -> [UInt8] {
        var space = [UInt8](repeating: 0, count: raw.count)
        let count = raw.withUnsafeBytes { raw in
            space.withUnsafeMutableBytes { target in
                target.baseAddress.map { PublishProperties.forwardable(raw, into: $0) } ?? 0
            }
        }
        return Array(space[..<count])
    }

    @Test(
        "All but expiry, alias and Subscription Identifier, in their order [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]"
    )
    func keepsTheRest() {
        let kept = ["0101", "26000161000162", "080003722f74", "090002c0ff", "26000000017a", "03000174"]
        let dropped = ["020000003c", "230005", "0bffffff7f", "0b05"]
        let mixed =
            dropped[0] + kept[0] + kept[1] + dropped[1] + kept[2] + dropped[2] + kept[3] + kept[4] + dropped[3]
            + kept[5]
        #expect(forwardable(bytes(mixed)) == bytes(kept.joined()))
        #expect(forwardable(bytes(dropped.joined())) == [])
        #expect(forwardable([]) == [])
    }

    @Test(
        "Bytes of which nothing is known are told to be forwardable, Subscription Identifiers, or neither",
        arguments: [
            ("", true, true), ("0101", true, false), ("26000161000162080003722f74", true, false), ("0b050bffffff7f", false, true),
            ("0b00", false, false), ("0b05020000003c", false, false), ("020000003c", false, false), ("230005", false, false),
            ("0102", false, false), ("01010101", false, false), ("2600016100", false, false), ("080003722f23", false, false),
            ("11000000ff", false, false), ("ff", false, false),
        ])
    func unknown(hex: String, isForwardable: Bool, areIdentifiers: Bool) {
        bytes(hex).withUnsafeBytes {
            #expect(PublishProperties.areForwardable($0) == isForwardable)
            #expect(PublishProperties.areSubscriptionIdentifiers($0) == areIdentifiers)
        }
    }

    @Test("Bytes that were never checked are cut short, not read past") func unchecked() {
        let raw = bytes("0101260005616200")
        for length in 0...raw.count { #expect(forwardable(Array(raw[..<length])).count <= length) }
    }

    @Test("A view says whether anything has to be taken out") func view() throws {
        func view(_ hex: String) throws -> (Bool, UInt16, UInt32?) {
            let body = bytes("000174") + [UInt8(bytes(hex).count)] + bytes(hex) + [0xAA]
            return try body.withUnsafeBytes { raw in
                let view = try PacketDecoder.publish(
                    flags: 0, body: raw, version: .v5, sender: .server, controlCharactersAllowed: false)
                #expect(Array(view.properties) == bytes(hex))
                #expect(Array(view.payload) == [0xAA])
                return (view.propertiesAreForwardable, view.topicAlias, view.messageExpirySeconds)
            }
        }
        #expect(try view("") == (true, 0, nil))
        #expect(try view("010126000161000162") == (true, 0, nil))
        #expect(try view("23000a") == (false, 10, nil))
        #expect(try view("0200000000") == (false, 0, 0))
        #expect(try view("0b01") == (false, 0, nil))
    }
}
