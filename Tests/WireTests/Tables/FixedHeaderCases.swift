/// Every first byte, and every form of the Remaining Length.
enum FixedHeaderCases {
    /// A body that is right for the type and version, and what the broker answers to it.
    static func sample(_ type: UInt8, qos: UInt8 = 0, _ version: Version) -> (body: [UInt8], answer: [UInt8]) {
        let none: [UInt8] = version == .v5 ? [0] : []
        let unknown: [UInt8] = version == .v5 ? [3, 0, 10, 0x92] : [2, 0, 10]
        switch type {
        case 1: return (Array(connect(version, clientID: "second").dropFirst(2)), [])
        case 2: return ([0, 0] + none, [])
        case 3 where qos == 0: return (string("a/b") + none, [])
        case 3:
            let puback: [UInt8] = version == .v5 ? [3, 0, 10, 0x10] : [2, 0, 10]
            return (string("a/b") + twoBytes(10) + none, [qos == 1 ? 0x40 : 0x50] + puback)
        case 4, 7: return (twoBytes(10), [])
        case 5: return (twoBytes(10), [0x62] + unknown)
        case 6: return (twoBytes(10), [0x70] + unknown)
        case 8: return (twoBytes(10) + none + string("a/b") + [1], version == .v5 ? [0x90, 4, 0, 10, 0, 1] : [0x90, 3, 0, 10, 1])
        case 9: return (twoBytes(10) + none + [0], [])
        case 10: return (twoBytes(10) + none + string("a/b"), version == .v5 ? [0xB0, 4, 0, 10, 0, 0x11] : [0xB0, 2, 0, 10])
        case 11: return (twoBytes(10) + (version == .v5 ? [0, 0] : []), [])
        case 12: return ([], [0xD0, 0])
        case 15: return ([0x19, 9, 0x15] + string("method"), [])
        default: return ([], [])
        }
    }

    /// After CONNECT: all 256 first bytes, each with a body that is right for it.
    static func afterConnect(_ version: Version) -> [WireCase] {
        (UInt8.min...UInt8.max).map { first in
            let type = first >> 4
            let flags = first & 0x0F
            let (body, answer) = sample(type, qos: flags >> 1 & 3, version)
            let bytes = packet(first, body)
            let name = "first byte \(hex(first))"
            switch type {
            case 0: return .ended(name, version, bytes, 0x81)
            case 2, 9, 11, 13: return .ended(name, version, bytes, 0x81, 0x82)
            case 1: return .ended(name, version, bytes, flags == 0 ? [0x82] : [0x81, 0x82])
            case 15: return .ended(name, version, bytes, flags == 0 ? [0x82] : [0x81, 0x82])
            case 3: return publish(name, flags, version, bytes, answer)
            default: return other(name, type, flags, version, bytes, answer)
            }
        }
    }

    private static func publish(_ name: String, _ flags: UInt8, _ version: Version, _ bytes: [UInt8], _ answer: [UInt8]) -> WireCase {
        let qos = flags >> 1 & 3
        if qos == 3 { return .ended(name, version, bytes, 0x81) }
        if qos == 0, flags & 8 != 0, version > .v3_1 { return .ended(name, version, bytes, 0x81, 0x82) }
        return .served(name, version, bytes, answer)
    }

    private static func other(
        _ name: String, _ type: UInt8, _ flags: UInt8, _ version: Version, _ bytes: [UInt8], _ answer: [UInt8]
    ) -> WireCase {
        let required: UInt8 = [6, 8, 10].contains(type) ? 2 : 0
        // 3.1 gave these bits to DUP, QoS and RETAIN, and its clients set them.
        let isRight = flags == required || version == .v3_1
        guard isRight else { return .ended(name, version, bytes, 0x81) }
        if type == 14 { return WireCase(name: name, version: version, bytes: bytes, expected: [.closed]) }
        // The answer to PINGREQ is where the reading of a case ends.
        return .served(name, version, bytes, type == 12 ? [] : answer)
    }

    /// As the first packet of a connection: everything but CONNECT closes it without a word.
    static func beforeConnect(_ version: Version) -> [WireCase] {
        (UInt8.min...UInt8.max).filter { $0 >> 4 != 1 }.map { first in
            let body = sample(first >> 4, qos: first >> 1 & 3, version).body
            return WireCase(
                name: "\(hex(first)) before CONNECT", version: version, stage: .connect, bytes: packet(first, body), expected: [.closed])
        }
    }

    /// CONNECT with each of the flags that are reserved.
    static func connectFlags(_ version: Version) -> [WireCase] {
        (UInt8.min...15).map { flags in
            var bytes = connect(version, clientID: unusedClientID())
            bytes[0] |= flags
            let name = "CONNECT with flags \(hex(flags))"
            return flags == 0 || version == .v3_1 ? .accepted(name, version, bytes) : .refused(name, version, bytes, 0x81)
        }
    }

    static func remainingLengths(_ version: Version) -> [WireCase] {
        var cases: [WireCase] = []
        for type: UInt8 in [3, 4, 6, 8, 10] {
            let first = type << 4 | ([6, 8, 10].contains(type) ? 2 : 0)
            let (body, answer) = sample(type, version)
            let count = UInt8(body.count)
            let paddings: [[UInt8]] = [[count | 0x80, 0], [count | 0x80, 0x80, 0], [count | 0x80, 0x80, 0x80, 0]]
            for padding in paddings {
                let name = "\(hex(first)) with its length in \(padding.count) bytes"
                let bytes = [first] + padding + body
                // Only 5.0 asks for the shortest form [MQTT-1.5.5-1].
                cases.append(version == .v5 ? .ended(name, version, bytes, 0x81) : .served(name, version, bytes, answer))
            }
            cases.append(.ended("\(hex(first)) with its length in five bytes", version, [first, count | 0x80, 0x80, 0x80, 0x80, 0], 0x81))
        }
        cases.append(.ended("PUBLISH of 256 MiB", version, [0x30, 0xFF, 0xFF, 0xFF, 0x7F], 0x95))
        cases.append(.ended("PUBLISH of 16 MiB and a byte", version, [0x30] + variable(16_777_212), 0x95))
        let announced = Array(connect(version, clientID: unusedClientID()).dropFirst(2))
        cases.append(.refused("CONNECT of 256 MiB", version, [0x10, 0xFF, 0xFF, 0xFF, 0x7F] + announced, 0x95))
        for count in 2...4 {
            let connecting = Array(connect(version, clientID: unusedClientID()).dropFirst(2))
            let padding = [UInt8(connecting.count) | 0x80] + [UInt8](repeating: 0x80, count: count - 2) + [0]
            let name = "CONNECT with its length in \(count) bytes"
            let bytes = [0x10] + padding + connecting
            cases.append(version == .v5 ? .refused(name, version, bytes, 0x81) : .accepted(name, version, bytes))
        }
        for length: [UInt8] in [[0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0x80, 0x80, 0x80, 0x00], [0xFF, 0xFF, 0xFF, 0x7F]] {
            cases.append(
                WireCase(
                    name: "CONNECT with length \(hex(length))", version: version, stage: .connect, bytes: [0x10] + length,
                    expected: [.closed]))
        }
        return cases
    }
}
