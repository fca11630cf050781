/// A row of table 2-4 of MQTT 5.0, written down again here.
struct PropertyRule: Sendable {
    enum Form: Sendable { case bit, twoBytes, fourBytes, variable, string, binary, pair }

    let identifier: UInt8
    let form: Form
    /// Packets in which a client may send it.
    let holders: Set<PropertyHolder>
    /// A value that does nothing in any of them.
    let value: [UInt8]

    private init(_ identifier: UInt8, _ form: Form, _ holders: Set<PropertyHolder>, _ value: [UInt8]) {
        self.identifier = identifier
        self.form = form
        self.holders = holders
        self.value = value
    }

    var bytes: [UInt8] { [identifier] + value }

    static let acknowledgements: Set<PropertyHolder> = [.puback, .pubrec, .pubrel, .pubcomp]

    static let all: [PropertyRule] = [
        PropertyRule(0x01, .bit, [.publish, .will], [1]),
        PropertyRule(0x02, .fourBytes, [.publish, .will], fourBytes(60)),
        PropertyRule(0x03, .string, [.publish, .will], string("text/plain")),
        PropertyRule(0x08, .string, [.publish, .will], string("answers/1")),
        PropertyRule(0x09, .binary, [.publish, .will], string([0, 255])),
        PropertyRule(0x0B, .variable, [.subscribe], variable(268_435_455)),
        PropertyRule(0x11, .fourBytes, [.connect, .disconnect], fourBytes(0)),
        PropertyRule(0x12, .string, [], string("id")),
        PropertyRule(0x13, .twoBytes, [], twoBytes(60)),
        PropertyRule(0x15, .string, [.connect, .auth], string("method")),
        PropertyRule(0x16, .binary, [.connect, .auth], string([1])),
        PropertyRule(0x17, .bit, [.connect], [1]),
        PropertyRule(0x18, .fourBytes, [.will], fourBytes(1)),
        PropertyRule(0x19, .bit, [.connect], [0]),
        PropertyRule(0x1A, .string, [], string("information")),
        PropertyRule(0x1C, .string, [], string("elsewhere")),
        PropertyRule(0x1F, .string, acknowledgements.union([.disconnect, .auth]), string("because")),
        PropertyRule(0x21, .twoBytes, [.connect], twoBytes(20)),
        PropertyRule(0x22, .twoBytes, [.connect], twoBytes(10)),
        PropertyRule(0x23, .twoBytes, [.publish], twoBytes(1)),
        PropertyRule(0x24, .bit, [], [1]),
        PropertyRule(0x25, .bit, [], [1]),
        PropertyRule(0x26, .pair, Set(PropertyHolder.allCases), string("name") + string("value")),
        PropertyRule(0x27, .fourBytes, [.connect], fourBytes(100_000)),
        PropertyRule(0x28, .bit, [], [1]),
        PropertyRule(0x29, .bit, [], [1]),
        PropertyRule(0x2A, .bit, [], [1]),
    ]
}

/// Packets of a client that have properties, and the Will in CONNECT.
enum PropertyHolder: CaseIterable, Sendable {
    case connect, will, publish, puback, pubrec, pubrel, pubcomp, subscribe, unsubscribe, disconnect, auth

    private var isConnect: Bool { self == .connect || self == .will }

    /// The packet, right but for its property field: the Property Length and what follows it.
    private func bytes(_ field: [UInt8], clientID: String) -> [UInt8] {
        switch self {
        case .connect: packet(0x10, string("MQTT") + [5, 0x02] + twoBytes(60) + field + string(clientID))
        case .will:
            packet(0x10, string("MQTT") + [5, 0x06] + twoBytes(60) + [0] + string(clientID) + field + string("gone") + string("x"))
        case .publish: packet(0x32, string("a/b") + twoBytes(10) + field)
        case .puback: packet(0x40, twoBytes(10) + [0] + field)
        case .pubrec: packet(0x50, twoBytes(10) + [0] + field)
        case .pubrel: packet(0x62, twoBytes(10) + [0] + field)
        case .pubcomp: packet(0x70, twoBytes(10) + [0] + field)
        case .subscribe: packet(0x82, twoBytes(10) + field + string("a/b") + [1])
        case .unsubscribe: packet(0xA2, twoBytes(10) + field + string("a/b"))
        case .disconnect: packet(0xE0, [0] + field)
        case .auth: packet(0xF0, [0x19] + field)
        }
    }

    /// What comes when nothing is wrong with the properties. AUTH always is: no Authentication Method was agreed on.
    private var accepted: Reaction {
        switch self {
        case .connect, .will, .puback, .pubcomp: .served([])
        case .publish: .served([0x40, 3, 0, 10, 0x10])
        case .pubrec: .served([0x62, 3, 0, 10, 0x92])
        case .pubrel: .served([0x70, 3, 0, 10, 0x92])
        case .subscribe: .served([0x90, 4, 0, 10, 0, 1])
        case .unsubscribe: .served([0xB0, 4, 0, 10, 0, 0x11])
        case .disconnect: .closed
        case .auth: .disconnect(0x82)
        }
    }

    private func wireCase(_ name: String, field: [UInt8], _ expected: [Reaction]) -> WireCase {
        let bytes = bytes(field, clientID: unusedClientID())
        return WireCase(
            name: "\(name) in \(self)", version: .v5, stage: isConnect ? .connect : .connected, bytes: bytes, expected: expected)
    }

    func right(_ name: String, _ properties: [UInt8]) -> WireCase {
        wireCase(name, field: variable(properties.count) + properties, [accepted])
    }

    func wrong(_ name: String, _ properties: [UInt8], _ codes: UInt8...) -> WireCase {
        wrong(name, field: variable(properties.count) + properties, codes)
    }

    func wrong(_ name: String, field: [UInt8], _ codes: [UInt8] = [0x81]) -> WireCase {
        // With AUTH something else is wrong as well, and may be told instead.
        let codes = self == .auth ? codes + [0x82] : codes
        return wireCase(name, field: field, codes.map { isConnect ? .connack($0) : .disconnect($0) })
    }
}
