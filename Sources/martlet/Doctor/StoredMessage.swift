import BrokerRecords
import MQTTCodec
import Primitives

/// A message of the store, with bytes of its own.
struct StoredMessage: Equatable {
    /// The Shared Subscription whose members it waits for.
    struct Share: Hashable {
        var name: [UInt8]
        var filter: [UInt8]
    }

    var qos: QoS
    var retain: Bool
    /// `.max`: never.
    var expires: Int64
    var arrived: Int64
    var claims: [Claim] = []
    var share: Share?
    var topic: [UInt8]
    var properties: [UInt8] = []
    var payload: [UInt8]

    /// Bytes of topic, properties and payload.
    var contentBytes: Int { topic.count + properties.count + payload.count }
}

extension StoredMessage {
    init(_ record: MessageRecord) throws(RowProblem) {
        var claims: [Claim] = []
        guard record.forEachClaim({ claims.append($0.claim) }) else { throw RowProblem("its claims cannot be read") }
        qos = record.head.qos
        retain = record.head.retain
        expires = record.head.expires
        arrived = record.head.arrived
        self.claims = claims
        share = record.sharedClaim.map { Share(name: Array($0.name), filter: Array($0.filter)) }
        topic = Array(record.topic)
        properties = Array(record.properties)
        payload = Array(record.payload)
    }

    func append(to buffer: inout ByteBuffer) {
        let head = MessageHead(
            qos: qos, retain: retain, isShared: share != nil, claimCount: share == nil ? UInt32(claims.count) : 1,
            topicLength: UInt16(topic.count), propertiesLength: UInt32(properties.count), payloadLength: UInt32(payload.count),
            expires: expires, arrived: arrived)
        head.write(to: buffer.extend(by: MessageHead.bytes))
        if let share {
            share.name.withUnsafeBytes { name in
                share.filter.withUnsafeBytes { Claim.appendShared(name: name, filter: $0, to: &buffer) }
            }
        }
        for claim in claims { claim.append(to: &buffer) }
        for part in [topic, properties, payload] { buffer.append(part) }
    }
}
