import MQTTCodec
import Testing

@testable import ClientCore

/// Whole steps of a dialogue.
extension TestClient {
    /// Starts if it has not, waits for its next attempt, and lets it connect; its CONNECT.
    @discardableResult func open() -> ConnectPacket? {
        if states.isEmpty { start() }
        if case .disconnected = states.last { advanceToDeadline() }
        _ = sent()
        isOpened()
        handle(.opened)
        let packets = sent()
        guard case .connect(let packet)? = packets.first, packets.count == 1 else {
            Issue.record("expected CONNECT alone, found \(packets)")
            return nil
        }
        return packet
    }

    /// `open`, and CONNACK.
    @discardableResult func connect(sessionPresent: Bool = false, _ properties: Property...) -> ConnectPacket? {
        let packet = open()
        receive(.connack(sessionPresent: sessionPresent, .success, properties))
        return packet
    }

    /// The connection breaks.
    func breakConnection() {
        isClosed()
        handle(.closed)
    }

    @discardableResult func publish(
        _ topic: String, _ payload: String = "", qos: QoS = .atLeastOnce, retain: Bool = false, _ properties: [Property] = []
    ) -> Operation {
        let operation = operation()
        let publication = Publication(
            topic: topic, payload: Array(payload.utf8), qos: qos, retain: retain, properties: PropertyList(properties))
        handle(.publish(publication, completion: operation, acceptance: .nobody))
        return operation
    }

    /// Publishes, and nobody waits.
    func handOver(_ topic: String, qos: QoS, retain: Bool = false) {
        handle(.publish(Publication(topic: topic, payload: [], qos: qos, retain: retain), completion: .nobody, acceptance: .nobody))
    }

    /// Publishes as `enqueue` does: the operation is over when the message is safe.
    @discardableResult func enqueue(_ topic: String, _ payload: String = "", qos: QoS = .atLeastOnce) -> Operation {
        let operation = operation()
        handle(.publish(Publication(topic: topic, payload: Array(payload.utf8), qos: qos), completion: .nobody, acceptance: operation))
        return operation
    }

    @discardableResult func subscribe(_ number: UInt32, _ filters: TopicSubscription...) -> Operation {
        let operation = operation()
        handle(.subscribe(SubscribeRequest(subscription: number, filters: filters), operation))
        return operation
    }

    @discardableResult func unsubscribe(_ number: UInt32) -> Operation {
        let operation = operation()
        handle(.unsubscribe(subscription: number, operation))
        return operation
    }

    /// Subscribes, and the server grants it.
    func subscribed(_ number: UInt32, _ filter: String, qos: QoS = .exactlyOnce) {
        subscribe(number, TopicSubscription(filter, maximumQoS: qos))
        for case .subscribe(let packet) in sent() {
            receive(.suback(packet.packetID, ReasonCode(rawValue: qos.rawValue) ?? .success))
        }
    }

    @discardableResult func ping() -> Operation {
        let operation = operation()
        handle(.ping(operation))
        return operation
    }

    @discardableResult func flush() -> Operation {
        let operation = operation()
        handle(.flush(operation))
        return operation
    }

    @discardableResult func reauthenticate() -> Operation {
        let operation = operation()
        handle(.reauthenticate(operation))
        return operation
    }

    /// The reader has dealt with the messages of these payloads.
    func acknowledge(_ texts: String...) {
        let receipts = received.filter { texts.contains(String(decoding: $0.message.payload, as: UTF8.self)) }.map(\.message.receipt)
        handle(.acknowledge(receipts))
    }

    /// PUBLISH packets it has sent since the last look; nothing else may be among them.
    func sentPublishes() -> [PublishPacket] {
        sent().compactMap { packet in
            if case .publish(let publish) = packet { return publish }
            Issue.record("expected PUBLISH alone, found \(packet)")
            return nil
        }
    }

    /// What the last connection ended with.
    var lastError: MQTTClientError? {
        switch states.last {
        case .disconnected(let error, _): error
        case .stopped(let error): error
        default: nil
        }
    }

    var connection: ConnectionInfo? { if case .connected(let info) = states.last { info } else { nil } }
}
