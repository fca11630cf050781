import MQTTCodec
import Testing

@Suite("Wire vectors") struct VectorTests {
    @Test("The vectors are there") func vectorsAreThere() {
        #expect(Vectors.valid.count == 154)
        #expect(Vectors.invalid.count == 109)
    }

    @Test("A valid packet decodes to its fields [MQTT-1.5.4-3] [MQTT-1.5.3-3 of 3.1.1]", arguments: Vectors.valid)
    func decodes(_ vector: Vectors.Vector) throws {
        let expected = try #require(vector.expected)
        for sender in vector.senders {
            #expect(try decoded(vector.bytes, vector.protocolVersion, from: sender) == expected)
        }
    }

    /// Acknowledgements and DISCONNECT may be written longer than needed; those decode to the same value again.
    @Test(
        "A decoded packet encodes to the bytes it came from, or to a shorter form of the same", arguments: Vectors.valid
    )
    func encodesBack(_ vector: Vectors.Vector) throws {
        let packet = try #require(vector.expected)
        let version = vector.protocolVersion
        let written = encoded(packet, version)
        #expect(PacketEncoder.encodedLength(packet, version: version) == written.count)
        let hasShortForm = ["PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "DISCONNECT"].contains(vector.decoded?.type)
        if written != vector.bytes, hasShortForm, vector.decoded?.form == nil, version == .v5 {
            #expect(written.count < vector.bytes.count)
        } else if written != vector.bytes, vector.repeatedRequest {
            // 3.1 sets DUP on a repeated SUBSCRIBE, UNSUBSCRIBE or PUBREL; nothing here ever repeats one.
            #expect(written.dropFirst() == vector.bytes.dropFirst())
        } else {
            #expect(written == vector.bytes)
        }
        #expect(try decoded(written, version, from: vector.senders[0]) == packet)
    }

    static let refused = Vectors.invalid.filter { outOfDecodersReach[$0.id] == nil }

    @Test("An invalid packet is refused with the class the standard gives", arguments: refused)
    func refuses(_ vector: Vectors.Vector) throws {
        let found = try #require(fault(vector.hex, vector.protocolVersion, from: vector.senders[0]))
        #expect(Self.allowedCodes(vector).contains(found.reasonCode), "\(found)")
        if vector.stage == "connect", vector.protocolVersion == .v5, found.fault != .packetType {
            #expect(found.protocolLevel == 5)
        }
    }

    @Test("What only a session or a broker can refuse is decoded", arguments: Vectors.invalid)
    func leavesTheRest(_ vector: Vectors.Vector) {
        guard Self.outOfDecodersReach[vector.id] != nil else { return }
        #expect(fault(vector.hex, vector.protocolVersion, from: vector.senders[0]) == nil)
    }

    /// Vectors whose bytes are well formed, with what refuses them.
    static let outOfDecodersReach: [String: String] = [
        "bad311-connect-empty-id-nonclean": "return code 2 is the broker's answer",
        "bad311-first-not-connect": "the connection knows that nothing came before",
        "bad311-second-connect": "the connection knows that one came before",
        "bad5-first-auth": "the connection knows that nothing came before",
        "bad5-second-connect": "the connection knows that one came before",
        "bad5-auth-without-method": "the connection knows what CONNECT said",
        "bad5-publish-alias-too-big": "the session knows its Topic Alias Maximum",
        "bad5-publish-alias-unknown": "the session knows its aliases",
        "bad5-disconnect-expiry-from-zero": "the session knows what CONNECT said",
        "bad311-subscribe-filter-hash-mid": "answered in SUBACK",
        "bad311-subscribe-filter-plus-part": "answered in SUBACK",
        "bad5-subscribe-share-noname": "answered in SUBACK",
        "bad5-subscribe-share-nofilter": "answered in SUBACK",
        "bad5-subscribe-share-wildname": "answered in SUBACK",
    ]

    /// The codes for an error class. In 3.x the code is never said, so that any will do.
    private static func allowedCodes(_ vector: Vectors.Vector) -> [ReasonCode] {
        switch vector.error {
        case "unsupported_version": [.unsupportedProtocolVersion]
        case _ where vector.protocolVersion < .v5: ReasonCode.allCases
        case "malformed": [.malformedPacket]
        case "protocol_error" where vector.id == "bad5-publish-wild": [.topicNameInvalid]
        case "protocol_error" where vector.id == "bad5-publish-alias0": [.topicAliasInvalid]
        case "protocol_error": [.protocolError]
        default: []
        }
    }
}

extension Vectors.Vector {
    fileprivate var repeatedRequest: Bool { protocolVersion == .v3_1 && bytes[0] & 0x08 != 0 }
}
