import MQTTCodec
import Testing

@Suite("Reason Code") struct ReasonCodeTests {
    struct Row: Sendable {
        var type: PacketType
        var sender: Sender
        var codes: Set<UInt8>
    }

    private static let bothMayDisconnect: Set<UInt8> = [
        0x00, 0x80, 0x81, 0x82, 0x83, 0x8C, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9B,
    ]

    /// The standard's tables by packet. 0x8C in DISCONNECT is in only one of two; 0x9B is accepted from clients.
    static let table: [Row] = [
        Row(
            type: .connack, sender: .server,
            codes: [
                0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99,
                0x9A, 0x9B, 0x9C, 0x9D, 0x9F,
            ]),
        Row(type: .puback, sender: .server, codes: [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]),
        Row(type: .pubrec, sender: .client, codes: [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]),
        Row(type: .pubrel, sender: .server, codes: [0x00, 0x92]),
        Row(type: .pubcomp, sender: .client, codes: [0x00, 0x92]),
        Row(
            type: .suback, sender: .server,
            codes: [0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2]),
        Row(type: .unsuback, sender: .server, codes: [0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91]),
        Row(type: .disconnect, sender: .client, codes: bothMayDisconnect.union([0x04])),
        Row(
            type: .disconnect, sender: .server,
            codes: bothMayDisconnect.union([
                0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x9A, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2,
            ])),
        Row(type: .auth, sender: .client, codes: [0x18, 0x19]),
        Row(type: .auth, sender: .server, codes: [0x00, 0x18]),
    ]

    private func packet(_ type: PacketType, _ code: UInt8) -> [UInt8] {
        switch type {
        case .connack: [0x20, 3, 0, code, 0]
        case .puback: [0x40, 3, 0, 9, code]
        case .pubrec: [0x50, 3, 0, 9, code]
        case .pubrel: [0x62, 3, 0, 9, code]
        case .pubcomp: [0x70, 3, 0, 9, code]
        case .suback: [0x90, 4, 0, 9, 0, code]
        case .unsuback: [0xB0, 4, 0, 9, 0, code]
        case .disconnect: [0xE0, 1, code]
        default: [0xF0, 6, code, 4, 0x15, 0, 1, 0x4D]
        }
    }

    @Test(
        """
        Every packet takes the codes of its table and no other [MQTT-3.2.2-8] [MQTT-3.4.2-1] [MQTT-3.5.2-1] \
        [MQTT-3.6.2-1] [MQTT-3.7.2-1] [MQTT-3.9.3-2] [MQTT-3.11.3-2] [MQTT-3.14.2-1] [MQTT-3.15.2-1]
        """, arguments: table)
    func codes(row: Row) {
        for code in 0...255 as ClosedRange<UInt8> {
            let hex = packet(row.type, code).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            let found = fault(hex, .v5, from: row.sender)
            let expected = row.codes.contains(code) ? nil : MalformedPacket(.reasonCode, .protocolError)
            #expect(found == expected, "\(code)")
        }
    }
}
