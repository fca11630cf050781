import MQTTCodec
import Testing

@Suite("Fixed header") struct FixedHeaderTests {
    /// Packets that are whole but for their flags, by version.
    private static func packets(_ version: ProtocolVersion) -> [(sender: Sender, hex: String)] {
        let isV5 = version == .v5
        return [
            (
                .client,
                isV5
                    ? "100f00044d5154540502003c0000026331"
                    : version == .v3_1_1 ? "100e00044d5154540402003c00026331" : "101000064d51497364700302003c00026331"
            ),
            (.server, isV5 ? "2003000000" : "20020000"), (.client, "4002000a"), (.client, "5002000a"),
            (.client, "6202000a"),
            (.client, "7002000a"), (.client, isV5 ? "8209000a000003612f6201" : "8208000a0003612f6201"),
            (.server, isV5 ? "9004000a0001" : "9003000a01"),
            (.client, isV5 ? "a208000b000003612f62" : "a207000b0003612f62"),
            (.server, isV5 ? "b004000b0000" : "b002000b"), (.client, "c000"), (.server, "d000"), (.client, "e000"),
        ] + (isV5 ? [(.client, "f00618041500014d")] : [])
    }

    @Test(
        """
        Any other flags are malformed, but in 3.1 [MQTT-2.1.3-1] [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1] \
        [MQTT-3.14.1-1] [MQTT-3.15.1-1] [MQTT-2.2.2-1 of 3.1.1] [MQTT-2.2.2-2 of 3.1.1] [MQTT-3.6.1-1 of 3.1.1] \
        [MQTT-3.8.1-1 of 3.1.1] [MQTT-3.10.1-1 of 3.1.1] [MQTT-3.14.1-1 of 3.1.1]
        """, arguments: ProtocolVersion.allCases)
    func flags(version: ProtocolVersion) {
        for (sender, hex) in Self.packets(version) {
            let right = bytes(hex)[0] & 0x0F
            for flags in 0..<16 as Range<UInt8> {
                let found = fault(
                    String(hex.first ?? "0") + String(flags, radix: 16) + hex.dropFirst(2), version, from: sender)
                let isAllowed = flags == right || version == .v3_1
                #expect(found?.fault == (isAllowed ? nil : .fixedHeaderFlags), "\(hex) \(flags)")
                if !isAllowed { #expect(found?.reasonCode == .malformedPacket) }
            }
        }
    }

    @Test("A packet from the wrong side is a Protocol Error, an unknown one is malformed") func sides() {
        for version in ProtocolVersion.allCases {
            for (sender, hex) in Self.packets(version) where !["4", "5", "6", "7", "f"].contains(hex.first) {
                let other: Sender = sender == .client ? .server : .client
                let isBothWays = hex.first == "e" && version == .v5
                #expect(
                    fault(hex, version, from: other)
                        == (isBothWays ? nil : MalformedPacket(.packetType, .protocolError)))
            }
            #expect(fault("0000", version) == MalformedPacket(.packetType))
            // Also before its Remaining Length has come.
            #expect(fault("0a", version) == MalformedPacket(.packetType))
            #expect(fault("0ac0", version) == MalformedPacket(.packetType))
        }
        #expect(fault("f00618041500014d", .v3_1_1) == MalformedPacket(.packetType))
    }

    @Test("Only CONNECT is understood before a version is known [MQTT-3.1.0-1] [MQTT-3.1.0-1 of 3.1.1]") func first()
        throws
    {
        #expect(throws: MalformedPacket(.packetType, .protocolError)) { try decoded([0xC0, 0], nil, from: .client) }
        #expect(throws: MalformedPacket(.packetType, .protocolError)) {
            try decoded([0x30, 3, 0, 1, 0x74], nil, from: .client)
        }
    }

    @Test(
        "Bits of PUBLISH: DUP needs a QoS, and QoS 3 is none [MQTT-3.3.1-2] [MQTT-3.3.1-4] [MQTT-3.3.1-2 of 3.1.1] [MQTT-3.3.1-4 of 3.1.1]",
        arguments: ProtocolVersion.allCases)
    func publish(version: ProtocolVersion) {
        for flags in 0..<16 as Range<UInt8> {
            let found = fault("3" + String(flags, radix: 16) + "06000174000900", version)
            let qos = flags >> 1 & 3
            let expected: MalformedPacket.Fault? =
                qos == 3 ? .qos : qos == 0 && flags & 8 != 0 && version > .v3_1 ? .dup : nil
            #expect(found?.fault == expected, "\(flags)")
        }
    }

    @Test("Packet Identifier 0 is none [MQTT-2.2.1-3] [MQTT-2.3.1-1 of 3.1.1]", arguments: ProtocolVersion.allCases)
    func packetIdentifiers(version: ProtocolVersion) {
        let packets = [
            "3206000174000000", "40020000", "50020000", "62020000", "70020000", "820700000000017400",
            "a206000000000174",
        ]
        for hex in packets {
            #expect(fault(hex, version)?.fault == .packetIdentifier, "\(hex)")
        }
    }
}
