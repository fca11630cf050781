import MQTTCodec
import Primitives

/// What was said, one line a packet, for whoever wants to know why a seed fails.
final class Transcript {
    private(set) var lines: [String] = []
    private let isRecording: Bool

    init(isRecording: Bool) { self.isRecording = isRecording }

    func note(_ now: Instant, _ connection: Int, _ direction: String, _ packet: Packet) {
        guard isRecording, packet != .pingRequest, packet != .pingResponse else { return }
        add(now, connection, "\(direction) \(PayloadText.line(packet))")
    }

    func note(_ now: Instant, _ connection: Int, _ text: String) {
        if isRecording { add(now, connection, text) }
    }

    func note(_ now: Instant, _ text: String) {
        if isRecording { add(now, text) }
    }

    private func add(_ now: Instant, _ connection: Int, _ text: String) { add(now, "#\(connection)  \(text)") }

    private func add(_ now: Instant, _ text: String) {
        let micros = now.nanoseconds / 1_000
        let fraction = String(micros % 1_000_000)
        let padded = String(repeating: "0", count: 6 - fraction.count) + fraction
        lines.append("\(micros / 1_000_000).\(padded)  \(text)")
    }
}

/// Packets and payloads in a few words.
package enum PayloadText {
    static func short(_ payload: [UInt8]) -> String {
        payload.isEmpty ? "(empty)" : "“\(String(decoding: payload.prefix(20), as: UTF8.self))”"
    }

    package static func line(_ packet: Packet) -> String {
        switch packet {
        case .connect(let packet):
            var text =
                "CONNECT \(packet.clientID.string) \(packet.version)\(packet.cleanStart ? " clean" : "") keep alive \(packet.keepAliveSeconds)"
            if !packet.properties.isEmpty { text += " \(packet.properties.properties)" }
            if let will = packet.will {
                text +=
                    " will \(will.qos.rawValue)\(will.retain ? " retain" : "") \(will.topic.string) \(short(will.payload)) \(will.properties.properties)"
            }
            return text
        case .connack(let packet): return "CONNACK \(packet.reasonCode)\(packet.sessionPresent ? " session present" : "")"
        case .publish(let packet):
            var text = "PUBLISH \(packet.qos.rawValue)\(packet.dup ? " dup" : "")\(packet.retain ? " retain" : "")"
            if let packetID = packet.packetID { text += " id \(packetID)" }
            text += " \(packet.topic.string) \(short(packet.payload))"
            if let alias = packet.properties.topicAlias { text += " alias \(alias)" }
            if let seconds = packet.properties.messageExpiryInterval { text += " expires in \(seconds) s" }
            for identifier in packet.properties.subscriptionIdentifiers { text += " sub \(identifier)" }
            return text
        case .acknowledgement(let packet): return "\(packet.kind) \(packet.packetID) \(packet.reasonCode)"
        case .subscribe(let packet):
            let filters = packet.requests.map { request in
                let options = request.options
                return "\(request.filter.string) \(options.maximumQoS.rawValue)\(options.noLocal ? " no local" : "")"
                    + "\(options.retainAsPublished ? " as published" : "") handling \(options.retainHandling.rawValue)"
            }
            return "SUBSCRIBE \(packet.packetID) \(filters) sub \(packet.properties.subscriptionIdentifiers)"
        case .suback(let packet): return "SUBACK \(packet.packetID) \(packet.reasonCodes)"
        case .unsubscribe(let packet): return "UNSUBSCRIBE \(packet.packetID) \(packet.filters.map(\.string))"
        case .unsuback(let packet): return "UNSUBACK \(packet.packetID) \(packet.reasonCodes)"
        case .disconnect(let packet): return "DISCONNECT \(packet.reasonCode) \(packet.properties.properties)"
        case .pingRequest: return "PINGREQ"
        case .pingResponse: return "PINGRESP"
        case .auth: return "AUTH"
        }
    }
}
