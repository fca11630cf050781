import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("A PUBLISH on the wire")
struct PublishLayoutTests {
    @Test(
        "Its bytes are those of the encoder, for every version, QoS, alias, identifier, expiry and size",
        arguments: ProtocolVersion.allCases)
    func againstTheEncoder(version: ProtocolVersion) {
        let now = Instant(nanoseconds: 5_000_000_001)
        for (qos, alias, omits) in QoS.allCases.flatMap({ qos in [(qos, 0, false), (qos, 3, false), (qos, 3, true)] })
            as [(QoS, UInt16, Bool)]
        {
            for payloadSize in [0, 1, 100, 120, 128, 16_380] {
                for (expires, identifiers, user) in [(false, [], false), (true, [5], true), (false, [1, 70_000], true)]
                    as [(Bool, [UInt32], Bool)]
                {
                    if version < .v5, alias != 0 { continue }
                    let forwarded = PropertyList(user ? [.userProperty(UTF8Text("k"), UTF8Text(String(repeating: "v", count: 100)))] : [])
                    var expected = PublishPacket(
                        topic: UTF8Text(omits ? "" : "topic/name"), qos: qos, packetID: qos == .atMostOnce ? nil : 513,
                        payload: Array(repeating: 9, count: payloadSize))
                    expected.dup = qos > .atMostOnce
                    expected.retain = true
                    expected.properties = PropertyList(
                        (expires ? [.messageExpiryInterval(seconds: 7)] : []) + (alias == 0 ? [] : [.topicAlias(alias)])
                            + forwarded.properties + identifiers.map { .subscriptionIdentifier($0) })
                    var buffer = ByteBuffer()
                    PacketEncoder.encode(.publish(expected), version: version, into: &buffer)
                    let written = write(
                        expected, forwarded, expires ? now.advanced(bySeconds: 7) : .never, identifiers, alias, omits, version, at: now)
                    if written != Array(buffer.bytes) { Issue.record("\(version) \(qos) alias \(alias) \(payloadSize) bytes") }
                }
            }
        }
    }

    private func write(
        _ packet: PublishPacket, _ forwarded: PropertyList, _ expires: Instant, _ identifiers: [UInt32], _ alias: UInt16, _ omits: Bool,
        _ version: ProtocolVersion, at now: Instant
    ) -> [UInt8] {
        var table = MessageTable()
        var sets = SubscriptionIdentifierSets()
        var set: UInt32 = 0
        for identifier in identifiers { set = sets.adding(identifier, to: set) }
        var properties = ByteBuffer()
        forwarded.encode(into: &properties)
        let message = "topic/name".withBytes { topic in
            packet.payload.withUnsafeBytes { payload in
                let message = table.borrow(
                    topic: topic, properties: properties.bytes, payload: payload, qos: packet.qos, retain: true, expires: expires)
                table.own(message)
                return message
            }
        }
        let action = PublishAction(
            connection: 0, message: message, subscriptionIdentifiers: set, packetID: packet.packetID ?? 0, topicAlias: alias,
            omitsTopic: omits,
            qos: packet.qos, dup: packet.dup, retain: packet.retain)
        let identifierBytes = version == .v5 ? sets.bytes(of: set) : UnsafeRawBufferPointer(start: nil, count: 0)
        let layout = PublishLayout(
            message: table[message], version: version, qos: packet.qos, identifierBytes: identifierBytes.count, topicAlias: alias != 0,
            omitsTopic: omits)
        return Array(unsafeUninitializedCapacity: layout.totalLength) { buffer, count in
            let start = UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped)
            let payload = layout.writeHead(of: table[message], action, identifiers: identifierBytes, at: now, to: start)
            payload.copyMemory(from: table[message].payload, byteCount: packet.payload.count)
            count = layout.totalLength
        }
    }
}
