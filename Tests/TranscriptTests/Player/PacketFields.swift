import MQTTCodec

/// A packet as names with values, in the words of a transcript: what expectations are compared with and failures print.
struct PacketFields: Hashable, CustomStringConvertible {
    struct Field: Hashable {
        var name: String
        var value: [UInt8]

        init(_ name: String, _ value: [UInt8]) {
            self.name = name
            self.value = value
        }
        init(_ name: String, _ number: some FixedWidthInteger) { self.init(name, Array("\(number)".utf8)) }
        init(_ name: String, _ flag: Bool) { self.init(name, flag ? 1 : 0) }
    }

    var name: String
    var fields: [Field] = []
    var properties: [Field] = []

    init(_ packet: Packet, version: ProtocolVersion) {
        switch packet {
        case .connect(let connect):
            name = "CONNECT"
            fields = [Field("id", connect.clientID.bytes), Field("clean", connect.cleanStart)]
            properties = connect.properties.properties.map(PropertyText.field)
        case .connack(let connack):
            name = "CONNACK"
            fields = [Field("session-present", connack.sessionPresent)]
            fields.append(Field("reason", version < .v5 ? connack.returnCode ?? 0xFF : connack.reasonCode.rawValue))
            properties = connack.properties.properties.map(PropertyText.field)
        case .publish(let publish):
            name = "PUBLISH"
            fields = [Field("topic", publish.topic.bytes), Field("qos", publish.qos.rawValue)]
            if let id = publish.packetID { fields.append(Field("id", id)) }
            fields += [
                Field("dup", publish.dup), Field("retain", publish.retain), Field("payload", publish.payload),
                Field("payload-size", publish.payload.count),
            ]
            properties = publish.properties.properties.map(PropertyText.field)
        case .acknowledgement(let acknowledgement):
            name = "\(acknowledgement.kind)".uppercased()
            fields = [Field("id", acknowledgement.packetID), Field("reason", acknowledgement.reasonCode.rawValue)]
            properties = acknowledgement.properties.properties.map(PropertyText.field)
        case .subscribe(let subscribe):
            name = "SUBSCRIBE"
            fields = [Field("id", subscribe.packetID)]
        case .suback(let suback):
            name = "SUBACK"
            fields = [Field("id", suback.packetID), Self.codes(suback.reasonCodes)]
            properties = suback.properties.properties.map(PropertyText.field)
        case .unsubscribe(let unsubscribe):
            name = "UNSUBSCRIBE"
            fields = [Field("id", unsubscribe.packetID)]
        case .unsuback(let unsuback):
            name = "UNSUBACK"
            fields = [Field("id", unsuback.packetID), Self.codes(unsuback.reasonCodes)]
            properties = unsuback.properties.properties.map(PropertyText.field)
        case .pingRequest: name = "PINGREQ"
        case .pingResponse: name = "PINGRESP"
        case .disconnect(let disconnect):
            name = "DISCONNECT"
            fields = [Field("reason", disconnect.reasonCode.rawValue)]
            properties = disconnect.properties.properties.map(PropertyText.field)
        case .auth(let auth):
            name = "AUTH"
            fields = [Field("reason", auth.reasonCode.rawValue)]
            properties = auth.properties.properties.map(PropertyText.field)
        }
    }

    private static func codes(_ codes: [ReasonCode]) -> Field {
        Field("codes", Array(codes.map { "\($0.rawValue)" }.joined(separator: ",").utf8))
    }

    var description: String {
        let words = [name] + fields.map(Self.text) + (properties.isEmpty ? [] : ["prop"]) + properties.map(Self.text)
        return words.joined(separator: " ")
    }

    private static func text(_ field: Field) -> String {
        let isShort = field.value.count <= 80
        let value = String(decoding: field.value.prefix(80), as: UTF8.self)
        switch field.name {
        case "reason": return "reason=0x" + String(Int(value) ?? 0, radix: 16)
        default: return "\(field.name)=\(value)" + (isShort ? "" : "…")
        }
    }
}
