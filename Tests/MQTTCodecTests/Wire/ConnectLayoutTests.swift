import MQTTCodec
import Testing

@Suite("CONNECT") struct ConnectLayoutTests {
    private func connect(_ hexBody: String, flags: UInt8 = 0) throws -> ConnectPacket {
        try bytes(hexBody).withUnsafeBytes { raw in
            try PacketDecoder.connect(flags: flags, body: raw, controlCharactersAllowed: false)
        }
    }

    private func refusal(_ hexBody: String, flags: UInt8 = 0) -> MalformedPacket? {
        do {
            _ = try connect(hexBody, flags: flags)
            return nil
        } catch { return error as? MalformedPacket }
    }

    private let rest = "02003c00026331"

    @Test(
        "An unknown level is named, so that it can be answered in its form [MQTT-3.1.2-2] [MQTT-3.1.2-2 of 3.1.1]",
        arguments: [0, 1, 2, 3, 6, 9, 0x7F, 0x83, 0x85, 0xFF] as [UInt8])
    func unknownLevels(level: UInt8) {
        let digits = String(level >> 4, radix: 16) + String(level & 15, radix: 16)
        let found = refusal("00044d515454" + digits + rest)
        #expect(found?.fault == .protocolVersion)
        #expect(found?.reasonCode == .unsupportedProtocolVersion)
        #expect(found?.protocolLevel == level)
    }

    @Test("A wrong name has no level to answer in [MQTT-3.1.2-1] [MQTT-3.1.2-1 of 3.1.1]") func wrongName() {
        let found = refusal("00044d51545804" + rest)
        #expect(found == MalformedPacket(.protocolName, .unsupportedProtocolVersion))
        #expect(refusal("00064d514973647004" + rest)?.fault == .protocolVersion)
    }

    @Test("The refusal of a level reads 20 02 00 01 to old clients and 0x84 to newer ones") func answers() {
        let refused = Packet.connack(ConnackPacket(sessionPresent: false, reasonCode: .unsupportedProtocolVersion))
        #expect(encoded(refused, .v3_1_1) == bytes("20020001"))
        #expect(encoded(refused, .v5) == bytes("2003008400"))
    }

    @Test("Levels 0x83 and 0x84 are bridges of 3.1 and 3.1.1") func bridges() throws {
        for (hex, version) in [
            ("00064d514973647083", ProtocolVersion.v3_1), ("00044d51545484", ProtocolVersion.v3_1_1),
        ] {
            let packet = try connect(hex + rest)
            #expect(packet.isBridge)
            #expect(packet.version == version)
            #expect(encoded(.connect(packet), version).dropFirst(2) == ArraySlice(bytes(hex + rest)))
        }
    }

    @Test("3.1 may leave out what its flags promise, and its reserved bits are ignored") func lenient() throws {
        let mqisdp = "00064d514973647003"
        let silent = try connect(mqisdp + "c2003c00026331")
        #expect(silent.userName == nil && silent.password == nil)
        let named = try connect(mqisdp + "c2003c00026331000175")
        #expect(named.userName?.string == "u" && named.password == nil)
        #expect(try connect(mqisdp + "2b003c00026331").will == nil)
        #expect(try connect(mqisdp + rest, flags: 0x0B).version == .v3_1)
        #expect(refusal("00044d5154540482003c00026331")?.fault == .truncated)
        #expect(refusal(mqisdp + "1e003c00026331")?.fault == .connectFlags)
    }

    @Test(
        """
        Flags that contradict each other are malformed [MQTT-3.1.2-3] [MQTT-3.1.2-11] [MQTT-3.1.2-12] [MQTT-3.1.2-13] \
        [MQTT-3.1.2-16] [MQTT-3.1.2-17] [MQTT-3.1.2-18] [MQTT-3.1.2-19] [MQTT-3.1.3-1] [MQTT-3.1.2-3 of 3.1.1] [MQTT-3.1.2-13 of 3.1.1] [MQTT-3.1.2-14 of 3.1.1] [MQTT-3.1.2-15 of 3.1.1] \
        [MQTT-3.1.2-22 of 3.1.1]
        """, arguments: [4, 5] as [UInt8])
    func flags(level: UInt8) {
        let properties = level == 5 ? "00" : ""
        for flags in 0...255 as ClosedRange<UInt8> {
            let digits = String(flags >> 4, radix: 16) + String(flags & 15, radix: 16)
            let hasWill = flags & 4 != 0
            var body = "00044d5154540" + String(level) + digits + "003c" + properties + "00026331"
            body += hasWill ? properties + "0001740000" : ""
            body += flags & 0x80 != 0 ? "000175" : ""
            body += flags & 0x40 != 0 ? "000170" : ""
            let isWrong =
                flags & 1 != 0 || flags >> 3 & 3 == 3 || !hasWill && flags & 0x38 != 0
                || level == 4 && flags & 0xC0 == 0x40
            #expect(refusal(body)?.fault == (isWrong ? .connectFlags : nil), "\(digits)")
            if !isWrong { #expect(refusal(body + "00")?.fault == .trailingBytes) }
        }
    }

    @Test("A Will Topic is a Topic Name") func willTopic() {
        #expect(refusal("00044d5154540406003c0002633100012b0000")?.fault == .topicName)
        #expect(refusal("00044d5154540406003c0002633100000000")?.fault == .topicName)
    }
}
