import MQTTCodec
import Testing

/// Every property in every packet: allowed, single, in range, or refused with the right code.
@Suite("Property table") struct PropertyTableTests {
    /// Where properties stand, with a packet around them.
    enum Holder: CaseIterable {
        case connect, will, connack, publishFromClient, publishFromServer, puback, pubrec, pubrel, pubcomp, subscribe
        case suback, unsubscribe, unsuback, disconnectFromClient, disconnectFromServer, auth

        var sender: Sender {
            switch self {
            case .connack, .publishFromServer, .suback, .unsuback, .disconnectFromServer: .server
            default: .client
            }
        }

        /// The allowed identifiers as the standard lists them by packet.
        var allowed: [UInt8] {
            switch self {
            case .connect: [0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27]
            case .will: [0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26]
            case .connack:
                [
                    0x11, 0x12, 0x13, 0x15, 0x16, 0x1A, 0x1C, 0x1F, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29,
                    0x2A,
                ]
            case .publishFromClient: [0x01, 0x02, 0x03, 0x08, 0x09, 0x23, 0x26]
            case .publishFromServer: [0x01, 0x02, 0x03, 0x08, 0x09, 0x0B, 0x23, 0x26]
            case .puback, .pubrec, .pubrel, .pubcomp, .suback, .unsuback: [0x1F, 0x26]
            case .subscribe: [0x0B, 0x26]
            case .unsubscribe: [0x26]
            case .disconnectFromClient: [0x11, 0x1F, 0x26]
            case .disconnectFromServer: [0x1C, 0x1F, 0x26]
            case .auth: [0x15, 0x16, 0x1F, 0x26]
            }
        }

        func packet(_ properties: [UInt8]) -> [UInt8] {
            let all = [UInt8(properties.count)] + properties
            let (first, body): (UInt8, [UInt8]) =
                switch self {
                case .connect: (0x10, MQTTCodecTests.bytes("00044d5154540502003c") + all + [0, 1, 0x63])
                case .will:
                    (0x10, MQTTCodecTests.bytes("00044d5154540506003c00000163") + all + [0, 1, 0x74, 0, 0])
                case .connack: (0x20, [0, 0] + all)
                case .publishFromClient, .publishFromServer: (0x30, [0, 1, 0x74] + all)
                case .puback: (0x40, [0, 9, 0] + all)
                case .pubrec: (0x50, [0, 9, 0] + all)
                case .pubrel: (0x62, [0, 9, 0] + all)
                case .pubcomp: (0x70, [0, 9, 0] + all)
                case .subscribe: (0x82, [0, 9] + all + [0, 1, 0x74, 0])
                case .suback: (0x90, [0, 9] + all + [0])
                case .unsubscribe: (0xA2, [0, 9] + all + [0, 1, 0x74])
                case .unsuback: (0xB0, [0, 9] + all + [0])
                case .disconnectFromClient, .disconnectFromServer: (0xE0, [0] + all)
                case .auth: (0xF0, [0x18] + all)
                }
            return [first, UInt8(body.count)] + body
        }

        /// What is wrong with a packet with these properties; AUTH gets the method it must have.
        func fault(_ properties: [UInt8]) -> MalformedPacket? {
            let method: [UInt8] = [0x15, 0, 1, 0x4D]
            let needsMethod = self == .auth && properties.first != 0x15 || properties.first == 0x16
            do throws(MalformedPacket) {
                _ = try decoded(packet(properties + (needsMethod ? method : [])), .v5, from: sender)
                return nil
            } catch {
                return error
            }
        }
    }

    /// A property with a value that is in range.
    private static func sample(_ identifier: PropertyIdentifier) -> [UInt8] {
        let value: [UInt8] =
            switch identifier.rule.type {
            case .bit: [1]
            case .twoBytes: [0, 5]
            case .fourBytes: [0, 0, 0, 5]
            case .variable: [5]
            case .string, .binary: [0, 1, 0x6B]
            case .stringPair: [0, 1, 0x6B, 0, 1, 0x76]
            }
        return [identifier.rawValue] + value
    }

    @Test("A property is allowed where the standard lists it, and nowhere else", arguments: Holder.allCases)
    func allowed(holder: Holder) {
        for byte in 0...255 as ClosedRange<UInt8> {
            let sample = PropertyIdentifier(rawValue: byte).map(Self.sample) ?? [byte, 0, 0]
            let found = holder.fault(sample)
            if holder.allowed.contains(byte) {
                #expect(found == nil, "\(byte)")
            } else {
                let isOtherSide =
                    byte == 0x0B && holder == .publishFromClient || byte == 0x1C && holder == .disconnectFromClient
                    || byte == 0x11 && holder == .disconnectFromServer
                #expect(found?.reasonCode == (isOtherSide ? .protocolError : .malformedPacket), "\(byte)")
            }
        }
    }

    @Test(
        "Twice is a Protocol Error, but for User Property and a server's Subscription Identifiers",
        arguments: Holder.allCases)
    func single(holder: Holder) throws {
        for byte in holder.allowed {
            let sample = Self.sample(try #require(PropertyIdentifier(rawValue: byte)))
            let found = holder.fault(sample + sample)
            if byte == 0x26 || byte == 0x0B && holder == .publishFromServer {
                #expect(found == nil)
            } else {
                #expect(found == MalformedPacket(.propertyDuplicate, .protocolError).at(holder), "\(byte)")
            }
        }
    }

    @Test("A property that ends before its value does is malformed", arguments: Holder.allCases)
    func truncated(holder: Holder) throws {
        for byte in holder.allowed {
            let sample = Self.sample(try #require(PropertyIdentifier(rawValue: byte)))
            for length in 1..<sample.count {
                // The rest of the packet follows and must not be taken for the value.
                let found = fault(in: holder, Array(sample[..<length]))
                #expect(found?.reasonCode == .malformedPacket, "\(byte) cut to \(length)")
            }
        }
    }

    private func fault(in holder: Holder, _ properties: [UInt8]) -> MalformedPacket? {
        do throws(MalformedPacket) {
            _ = try decoded(holder.packet(properties), .v5, from: holder.sender)
            return nil
        } catch {
            return error
        }
    }

    struct OutOfRange: Sendable {
        var holder: Holder
        var hex: String
        var code: ReasonCode
    }

    static let outOfRange = [
        OutOfRange(holder: .connect, hex: "210000", code: .protocolError),
        OutOfRange(holder: .connect, hex: "2700000000", code: .protocolError),
        OutOfRange(holder: .connect, hex: "1702", code: .protocolError),
        OutOfRange(holder: .connect, hex: "1902", code: .protocolError),
        OutOfRange(holder: .connack, hex: "2402", code: .protocolError),
        OutOfRange(holder: .connack, hex: "2502", code: .protocolError),
        OutOfRange(holder: .connack, hex: "28ff", code: .protocolError),
        OutOfRange(holder: .connack, hex: "2902", code: .protocolError),
        OutOfRange(holder: .connack, hex: "2a02", code: .protocolError),
        OutOfRange(holder: .will, hex: "0102", code: .protocolError),
        OutOfRange(holder: .publishFromClient, hex: "0102", code: .protocolError),
        OutOfRange(holder: .publishFromClient, hex: "230000", code: .topicAliasInvalid),
        OutOfRange(holder: .publishFromClient, hex: "080000", code: .protocolError),
        OutOfRange(holder: .publishFromClient, hex: "0800012b", code: .protocolError),
        OutOfRange(holder: .will, hex: "080003612f23", code: .protocolError),
        OutOfRange(holder: .publishFromServer, hex: "0b00", code: .protocolError),
        OutOfRange(holder: .publishFromServer, hex: "0b8100", code: .malformedPacket),
        OutOfRange(holder: .publishFromServer, hex: "0bffffffff7f", code: .malformedPacket),
        OutOfRange(holder: .subscribe, hex: "0b00", code: .protocolError),
        OutOfRange(holder: .publishFromClient, hex: "030001ff", code: .malformedPacket),
        OutOfRange(holder: .publishFromClient, hex: "26000161000100", code: .malformedPacket),
    ]

    @Test("A value out of range is refused [MQTT-3.3.2-8] [MQTT-3.3.2-14] [MQTT-1.5.7-1]", arguments: outOfRange)
    func range(row: OutOfRange) {
        #expect(row.holder.fault(bytes(row.hex))?.reasonCode == row.code, "\(row.hex)")
    }

    @Test("Authentication Data needs a method, AUTH too") func authentication() {
        #expect(fault(in: .connect, [0x16, 0, 1, 0x61])?.reasonCode == .protocolError)
        #expect(fault(in: .auth, [0x1F, 0, 1, 0x61])?.reasonCode == .protocolError)
        #expect(fault(in: .auth, [])?.reasonCode == .protocolError)
    }
}

extension MalformedPacket {
    /// With the level a CONNECT would have named.
    fileprivate func at(_ holder: PropertyTableTests.Holder) -> MalformedPacket {
        var fault = self
        if holder == .connect || holder == .will { fault.protocolLevel = 5 }
        return fault
    }
}
