import BrokerRecords
import MQTTCodec

/// A row of a line that `--export` wrote.
extension BrokerRow {
    /// nil: the line only says what the others are.
    ///
    /// - Throws: which field, and what was expected
    init?(_ line: JSONValue) throws(FieldReader.Problem) {
        var fields = try FieldReader(line)
        let kind = try fields.text("kind", "a text such as session")
        guard let row = try Self.row(kind, &fields) else {
            try Self.checkHeader(&fields)
            return nil
        }
        try fields.end()
        self = row
    }

    private static let kinds = [
        "store", "placement", "meta", "session", "subscription", "retained", "message", "settled", "exchange", "received", "will",
        "unconfirmed",
    ]

    private static func checkHeader(_ fields: inout FieldReader) throws(FieldReader.Problem) {
        let format = try fields.text("format")
        guard format == BrokerTable.formatName else {
            throw fields.problem("format", "expected \(BrokerTable.formatName), found \(format)")
        }
        let version: UInt32 = try fields.number("version")
        guard version == BrokerTable.formatVersion else {
            throw fields.problem("version", "expected \(BrokerTable.formatVersion), found \(version); use the program that wrote it")
        }
        try fields.end()
    }

    /// nil: a header.
    private static func row(_ kind: String, _ fields: inout FieldReader) throws(FieldReader.Problem) -> BrokerRow? {
        switch kind {
        case "store": return nil
        case "placement":
            let shards: UInt16 = try fields.number("shards", 1...UInt16.max)
            return .placement(PlacementRecord(hashSeed: try fields.number("hash_seed"), shards: shards))
        case "meta":
            let name = try fields.bytes("name", atMost: 511)
            guard !name.isEmpty, name != PlacementRecord.key else { throw fields.problem("name", "expected another name") }
            return .meta(name: name, value: try fields.bytes("value", atMost: .max))
        case "session": return try session(&fields)
        case "subscription": return try subscription(&fields)
        case "retained":
            let head = RetainedHead(version: try fields.number("version"), publisher: try fields.optionalNumber("publisher") ?? 0)
            return .retained(try fields.number("number"), head, try StoredMessage(&fields))
        case "message": return .message(try fields.number("number"), try StoredMessage(&fields))
        case "settled": return .settled(message: try fields.number("message"), session: try fields.number("session"))
        case "exchange": return try exchange(&fields)
        case "received": return .received(session: try fields.number("session"), packetID: try fields.number("packet"))
        case "will":
            let head = WillHead(
                session: try fields.optionalNumber("session") ?? 0, startedAt: try fields.moment("started", null: 0),
                delaySeconds: try fields.number("delay_seconds"), messageExpirySeconds: try fields.optionalNumber("message_expiry_seconds"))
            return .will(try fields.number("number"), head, try StoredMessage(&fields))
        case "unconfirmed":
            return .unconfirmed(
                message: try fields.number("number"), shard: Int(try fields.number("shard", 0...UInt8.max)), try StoredMessage(&fields))
        default:
            let hint = NearestWord.nearest(to: kind, among: kinds).map { "; did you mean \($0)?" } ?? ""
            throw fields.problem("kind", "\(PlainText.clipped(kind, to: 40)): unknown kind" + hint)
        }
    }

    private static func session(_ fields: inout FieldReader) throws(FieldReader.Problem) -> BrokerRow {
        .session(
            try fields.number("number"),
            SessionRecord(
                expirySeconds: try fields.optionalNumber("expiry_seconds") ?? .max,
                disconnectedAt: try fields.moment("disconnected", null: 0),
                clientID: try fields.bytes("client")))
    }

    private static func subscription(_ fields: inout FieldReader) throws(FieldReader.Problem) -> BrokerRow {
        .subscription(
            try fields.number("number"),
            SubscriptionRecord(
                session: try fields.number("session"), identifier: try fields.optionalNumber("identifier") ?? 0,
                maximumQoS: try fields.qos("maximum_qos"), noLocal: try fields.flag("no_local"),
                retainAsPublished: try fields.flag("retain_as_published"), filter: try fields.bytes("filter")))
    }

    private static func exchange(_ fields: inout FieldReader) throws(FieldReader.Problem) -> BrokerRow {
        .exchange(
            session: try fields.number("session"), packetID: try fields.number("packet"),
            ExchangeRecord(
                message: try fields.number("message"), isReleased: try fields.flag("released"), qos: try fields.qos("qos"),
                retain: try fields.flag("retain"),
                identifiers: try PropertyJSON.read("properties", from: &fields, atMost: Int(UInt16.max))))
    }
}

extension StoredMessage {
    fileprivate init(_ fields: inout FieldReader) throws(FieldReader.Problem) {
        topic = try fields.bytes("topic")
        qos = try fields.qos("qos")
        retain = try fields.flag("retain")
        arrived = try fields.moment("arrived")
        expires = try fields.moment("expires", null: .max)
        properties = try PropertyJSON.read("properties", from: &fields, atMost: Int(UInt32.max))
        payload = try fields.bytes("payload", atMost: Int(UInt32.max))
        if fields.has("share") {
            var share = try FieldReader(try fields.value("share", "an object"), path: "share")
            self.share = Share(name: try share.bytes("name"), filter: try share.bytes("filter"))
            try share.end()
        } else if fields.has("claims") {
            for (path, value) in try fields.elements("claims") { claims.append(try Claim(value, path)) }
        }
    }
}

extension Claim {
    fileprivate init(_ value: JSONValue, _ path: String) throws(FieldReader.Problem) {
        var fields = try FieldReader(value, path: path)
        self.init(
            session: try fields.number("session"), packetID: try fields.number("packet"), qos: try fields.qos("qos"),
            retain: try fields.flag("retain"), identifiers: try PropertyJSON.read("properties", from: &fields, atMost: Int(UInt16.max)))
        try fields.end()
    }
}

extension FieldReader {
    fileprivate mutating func qos(_ name: String) throws(Problem) -> QoS { QoS(rawValue: try number(name, 0...2)) ?? .atMostOnce }
}
