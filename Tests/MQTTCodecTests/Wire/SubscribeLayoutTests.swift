import MQTTCodec
import Testing

@Suite("SUBSCRIBE") struct SubscribeLayoutTests {
    private func options(_ byte: UInt8, _ version: ProtocolVersion, filter: String = "t") -> MalformedPacket? {
        let body = [0, 9] + (version == .v5 ? [0] : []) + [0, UInt8(filter.utf8.count)] + Array(filter.utf8) + [byte]
        do throws(MalformedPacket) {
            _ = try decoded([0x82, UInt8(body.count)] + body, version, from: .client)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "Subscription Options of 5.0: reserved bits are malformed, QoS 3 and Retain Handling 3 are errors [MQTT-3.8.3-5]"
    )
    func newOptions() {
        for byte in 0...255 as ClosedRange<UInt8> {
            let expected: ReasonCode? =
                byte & 0xC0 != 0 ? .malformedPacket : byte & 3 == 3 || byte & 0x30 == 0x30 ? .protocolError : nil
            #expect(options(byte, .v5)?.reasonCode == expected, "\(byte)")
        }
    }

    @Test("The requested QoS of 3.1.1 is 0, 1 or 2 and nothing else [MQTT-3.8.3-4 of 3.1.1]") func oldOptions() {
        for byte in 0...255 as ClosedRange<UInt8> {
            #expect((options(byte, .v3_1_1) == nil) == (byte < 3), "\(byte)")
            #expect((options(byte, .v3_1) == nil) == (byte & 3 < 3), "\(byte)")
        }
    }

    @Test("No Local on a Shared Subscription is an error [MQTT-3.8.3-4]") func noLocal() {
        #expect(options(0x05, .v5, filter: "$share/g/a") == MalformedPacket(.subscriptionOptions, .protocolError))
        #expect(options(0x01, .v5, filter: "$share/g/a") == nil)
        #expect(options(0x05, .v5, filter: "$shared/g/a") == nil)
    }

    @Test(
        "Without a filter there is nothing to do [MQTT-3.8.3-2] [MQTT-3.10.3-2] [MQTT-3.8.3-3 of 3.1.1] [MQTT-3.10.3-2 of 3.1.1]"
    )
    func empty() {
        let fault = MalformedPacket(.emptyPayload, .protocolError)
        for (hex, version) in [
            ("8203000900", ProtocolVersion.v5), ("82020009", .v3_1_1), ("a203000900", .v5), ("a2020009", .v3_1_1),
        ] {
            #expect(MQTTCodecTests.fault(hex, version) == fault)
        }
    }

    @Test("An empty filter ends a 3.x connection; in 5.0 it has a Reason Code of its own [MQTT-4.7.3-1 of 3.1.1]")
    func emptyFilter() {
        for (hex, version) in [
            ("82050009000000", ProtocolVersion.v3_1_1), ("82050009000000", .v3_1), ("8209000900017401000000", .v3_1_1),
            ("a20400090000", .v3_1_1), ("a20400090000", .v3_1), ("a20700090000000174", .v3_1_1),
        ] {
            #expect(MQTTCodecTests.fault(hex, version) == MalformedPacket(.topicFilter, .protocolError), "\(hex)")
        }
        #expect(MQTTCodecTests.fault("8206000900000000", .v5) == nil)
        #expect(MQTTCodecTests.fault("a2050009000000", .v5) == nil)
    }

    @Test("Filters are UTF-8 [MQTT-3.8.3-1] [MQTT-3.10.3-1] [MQTT-3.8.3-1 of 3.1.1] [MQTT-3.10.3-1 of 3.1.1]")
    func characters() {
        for (hex, version) in [
            ("82070009000001ff00", ProtocolVersion.v5), ("820600090001ff00", .v3_1_1), ("a2060009000001ff", .v5),
            ("a20500090001ff", .v3_1_1),
        ] {
            #expect(fault(hex, version)?.fault == .utf8, "\(hex)")
        }
    }
}
