import MQTTCodec
import MQTTSession
import Primitives

/// Connections that are not let in.
extension BrokerCore {
    /// Answers CONNECT with the reason, where the version has one for it, and closes
    /// [MQTT-3.2.2-7] [MQTT-3.2.2-6] [MQTT-3.2.2-5 of 3.1.1] [MQTT-3.2.2-6 of 3.1.1].
    mutating func refuse(
        _ connection: UInt32, _ refusal: Refusal, clientID: [UInt8] = [], at now: Instant, into actions: inout Actions
    ) {
        counters.connectionsRefused += 1
        if answers(refusal, on: connection) {
            let connack = ConnackPacket(sessionPresent: false, reasonCode: refusal.reasonCode)
            if connections[connection].version == .v5 || connack.returnCode != nil { actions.send(.connack(connack), to: connection) }
        }
        notices.append(.clientRefused(connection: connection, clientID: clientID, refusal: refusal))
        end(connection, lingers: true, into: &actions)
    }

    /// Bytes came that are no packet: before CONNECT was accepted the connection is refused, afterwards it is ended with
    /// DISCONNECT [MQTT-4.13.1-1] [MQTT-3.14.0-1].
    mutating func refuseBytes(_ connection: UInt32, _ malformed: MalformedPacket, at now: Instant, into actions: inout Actions) {
        guard connections[connection].state == .awaitingConnect else {
            disconnect(connection, .malformed(malformed), at: now, into: &actions)
            return
        }
        // The highest bit of the level is a bridge's mark.
        if let level = malformed.protocolLevel { connections[connection].version = level & 0x7F >= 5 ? .v5 : .v3_1_1 }
        switch malformed.fault {
        case .packetType: refuse(connection, .notConnect, at: now, into: &actions)
        case .protocolVersion: refuse(connection, .unknownVersion, at: now, into: &actions)
        default: refuse(connection, .malformed(malformed), at: now, into: &actions)
        }
    }

    /// A CONNECT of a version we know is answered; anything else learns nothing. In 3.1.1 what does not conform is
    /// closed without CONNACK [MQTT-3.1.4-1 of 3.1.1].
    private func answers(_ refusal: Refusal, on connection: UInt32) -> Bool {
        switch refusal {
        case .notConnect, .timeout: false
        case .malformed: connections[connection].version == .v5
        default: true
        }
    }
}
