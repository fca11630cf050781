/// All 256 Reason Codes in every packet of a client that has one: table 2-6 of MQTT 5.0, written down again here.
enum ReasonCodeCases {
    private static let publishCodes: Set<UInt8> = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]
    private static let releaseCodes: Set<UInt8> = [0x00, 0x92]
    /// 0x8C stands in one of the standard's two tables; 0x9B is a client's by §3.3.4.
    private static let disconnectCodes: Set<UInt8> = [
        0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x8C, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9B,
    ]

    /// PUBACK, PUBREC, PUBREL and PUBCOMP for an identifier that is not in use, without and with a Property Length.
    static func acknowledgements(_ version: Version) -> [WireCase] {
        let kinds: [(first: UInt8, codes: Set<UInt8>, answer: [UInt8])] = [
            (0x40, publishCodes, []), (0x50, publishCodes, [0x62, 3, 0, 10, 0x92]), (0x62, releaseCodes, [0x70, 3, 0, 10, 0x92]),
            (0x70, releaseCodes, []),
        ]
        return kinds.flatMap { kind in
            (UInt8.min...UInt8.max).flatMap { code -> [WireCase] in
                [[code], [code, 0]].map { rest in
                    let bytes = packet(kind.first, twoBytes(10) + rest)
                    let name = "\(hex(kind.first)) with reason \(hex(code))"
                    // Before 5.0 there is no room for a code.
                    if version < .v5 { return .ended(name, version, bytes, 0x81) }
                    guard kind.codes.contains(code) else { return .ended(name, version, bytes, 0x82) }
                    // A PUBREC that says no ends its exchange: no PUBREL follows.
                    return .served(name, version, bytes, kind.first == 0x50 && code >= 0x80 ? [] : kind.answer)
                }
            }
        }
    }

    static func disconnects(_ version: Version) -> [WireCase] {
        (UInt8.min...UInt8.max).flatMap { code -> [WireCase] in
            [[code], [code, 0]].map { rest in
                let bytes = packet(0xE0, rest)
                let name = "DISCONNECT with reason \(hex(code))"
                let isRight = version < .v5 || disconnectCodes.contains(code)
                return WireCase(name: name, version: version, bytes: bytes, expected: [isRight ? .closed : .disconnect(0x82)])
            }
        }
    }

    /// AUTH is always a Protocol Error: no Authentication Method was agreed on [MQTT-4.12.0-7].
    static func auths(_ version: Version) -> [WireCase] {
        (UInt8.min...UInt8.max).flatMap { code -> [WireCase] in
            [[code], [code, 0], [code, 9, 0x15] + string("method")].map { rest in
                .ended("AUTH with reason \(hex(code))", version, packet(0xF0, rest), 0x82)
            }
        } + [.ended("AUTH of no bytes", version, [0xF0, 0], 0x82)]
    }
}
