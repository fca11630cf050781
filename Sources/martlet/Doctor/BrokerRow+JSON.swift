import BrokerRecords
import MQTTCodec

/// A row as a line of `--export`.
extension BrokerRow {
    /// The first line: what the others are.
    static var header: String {
        var object = JSONObject()
        object.add("kind", "store")
        object.add("format", BrokerTable.formatName)
        object.add("version", Int(BrokerTable.formatVersion))
        return object.closed
    }

    var json: String {
        var object = JSONObject()
        object.add("kind", kind)
        switch self {
        case .placement(let record):
            object.add("shards", Int(record.shards))
            object.add(whole: record.hashSeed, as: "hash_seed")
        case .meta(let name, let value):
            object.add("name", bytes: name)
            object.add("value_base64", Base64.encoded(value))
        case .session(let number, let record):
            object.add(whole: number, as: "number")
            object.add("client", bytes: record.clientID)
            object.add(moment: record.disconnectedAt, as: "disconnected", null: 0)
            object.add(optional: record.expirySeconds == .max ? nil : record.expirySeconds, as: "expiry_seconds")
        case .subscription(let number, let record):
            object.add(whole: number, as: "number")
            object.add(whole: record.session, as: "session")
            object.add("filter", bytes: record.filter)
            object.add("maximum_qos", Int(record.maximumQoS.rawValue))
            object.add("no_local", record.noLocal)
            object.add("retain_as_published", record.retainAsPublished)
            object.add(optional: record.identifier == 0 ? nil : record.identifier, as: "identifier")
        case .retained(let number, let head, let message):
            object.add(whole: number, as: "number")
            object.add(whole: head.version, as: "version")
            object.add(optional: head.publisher == 0 ? nil : head.publisher, as: "publisher")
            message.add(to: &object)
        case .message(let number, let message):
            object.add(whole: number, as: "number")
            message.add(to: &object)
        case .settled(let message, let session):
            object.add(whole: message, as: "message")
            object.add(whole: session, as: "session")
        case .exchange(let session, let packetID, let record):
            object.add(whole: session, as: "session")
            object.add("packet", Int(packetID))
            object.add(whole: record.message, as: "message")
            object.add("released", record.isReleased)
            object.add("qos", Int(record.qos.rawValue))
            object.add("retain", record.retain)
            PropertyJSON.add(record.identifiers, as: "properties", to: &object)
        case .received(let session, let packetID):
            object.add(whole: session, as: "session")
            object.add("packet", Int(packetID))
        case .will(let number, let head, let message):
            object.add(whole: number, as: "number")
            object.add(optional: head.session == 0 ? nil : head.session, as: "session")
            object.add(moment: head.startedAt, as: "started", null: 0)
            object.add("delay_seconds", Int(head.delaySeconds))
            object.add(optional: head.messageExpirySeconds, as: "message_expiry_seconds")
            message.add(to: &object)
        case .unconfirmed(let number, let shard, let message):
            object.add(whole: number, as: "number")
            object.add("shard", shard)
            message.add(to: &object)
        }
        return object.closed
    }

    private var kind: String {
        switch self {
        case .placement: "placement"
        case .meta: "meta"
        case .session: "session"
        case .subscription: "subscription"
        case .retained: "retained"
        case .message: "message"
        case .settled: "settled"
        case .exchange: "exchange"
        case .received: "received"
        case .will: "will"
        case .unconfirmed: "unconfirmed"
        }
    }
}

extension StoredMessage {
    fileprivate func add(to object: inout JSONObject) {
        object.add("topic", bytes: topic)
        object.add("qos", Int(qos.rawValue))
        object.add("retain", retain)
        object.add(moment: arrived, as: "arrived")
        object.add(moment: expires, as: "expires", null: .max)
        if let share {
            var claim = JSONObject()
            claim.add("name", bytes: share.name)
            claim.add("filter", bytes: share.filter)
            object.addRaw("share", claim.closed)
        }
        if !claims.isEmpty { object.addRaw("claims", "[" + claims.map(\.json).joined(separator: ",") + "]") }
        PropertyJSON.add(properties, as: "properties", to: &object)
        object.add("payload", bytes: payload)
    }
}

extension Claim {
    fileprivate var json: String {
        var object = JSONObject()
        object.add(whole: session, as: "session")
        object.add("packet", Int(packetID))
        object.add("qos", Int(qos.rawValue))
        object.add("retain", retain)
        PropertyJSON.add(identifiers, as: "properties", to: &object)
        return object.closed
    }
}

extension JSONObject {
    /// Many programs read numbers of JSON as floating-point: those that would lose digits there are texts.
    fileprivate mutating func add(whole number: some FixedWidthInteger, as name: String) {
        if number.magnitude <= 1 << 53 { addRaw(name, "\(number)") } else { add(name, "\(number)") }
    }

    fileprivate mutating func add(optional number: (some FixedWidthInteger)?, as name: String) {
        if let number { add(whole: number, as: name) } else { addRaw(name, "null") }
    }

    /// - Parameter null: what is not a moment
    fileprivate mutating func add(moment: Int64, as name: String, null: Int64? = nil) {
        if moment == null { addRaw(name, "null") } else { add(name, Timestamp(since1970: moment).exact) }
    }
}
