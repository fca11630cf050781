/// What the broker did with the bytes of a connection.
enum Reaction: Equatable, Sendable {
    /// It answered with these bytes, possibly none, and goes on serving.
    case served([UInt8])
    /// CONNACK of 3.x with this return code, then closed.
    case returnCode(UInt8)
    /// CONNACK of 5.0 with this Reason Code, then closed.
    case connack(UInt8)
    /// DISCONNECT with this Reason Code, then closed.
    case disconnect(UInt8)
    /// Closed without a word.
    case closed
    /// None of it.
    case other([UInt8])
}

/// Bytes, and what may happen.
struct WireCase: Sendable {
    enum Stage: Sendable {
        /// The bytes begin the connection.
        case connect
        /// They follow CONNECT and CONNACK.
        case connected
    }

    var name: String
    var version: Version
    var stage = Stage.connected
    var bytes: [UInt8]
    var expected: [Reaction]

    /// Bytes of the longest answer that may come.
    var answerCount: Int {
        expected.map { if case .served(let answer) = $0 { answer.count } else { 0 } }.max() ?? 0
    }

    /// An error after CONNECT: told in 5.0, silent before [MQTT-4.13.1-1].
    static func ended(_ name: String, _ version: Version, _ bytes: [UInt8], _ codes: UInt8...) -> WireCase {
        ended(name, version, bytes, codes)
    }

    static func ended(_ name: String, _ version: Version, _ bytes: [UInt8], _ codes: [UInt8]) -> WireCase {
        WireCase(name: name, version: version, bytes: bytes, expected: version == .v5 ? codes.map(Reaction.disconnect) : [.closed])
    }

    static func served(_ name: String, _ version: Version, _ bytes: [UInt8], _ answer: [UInt8] = []) -> WireCase {
        WireCase(name: name, version: version, bytes: bytes, expected: [.served(answer)])
    }

    /// An error in CONNECT: told in 5.0, silent before [MQTT-3.1.4-1].
    static func refused(_ name: String, _ version: Version, _ bytes: [UInt8], _ codes: UInt8...) -> WireCase {
        WireCase(
            name: name, version: version, stage: .connect, bytes: bytes,
            expected: version == .v5 ? codes.map(Reaction.connack) : [.closed])
    }

    static func accepted(_ name: String, _ version: Version, _ bytes: [UInt8]) -> WireCase {
        WireCase(name: name, version: version, stage: .connect, bytes: bytes, expected: [.served([])])
    }
}
