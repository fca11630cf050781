import Foundation
import MQTTClient

extension MQTTClient {
    /// Publishes a value as JSON, with the Content Type `application/json` unless `properties` name another one.
    ///
    /// - Returns: as `publish(_:to:qos:retain:properties:)`
    /// - Throws: `invalidArgument` when the value has no JSON, and what publishing throws
    @discardableResult
    public func publish(
        json value: some Encodable, to topic: String, qos: QoS = .atLeastOnce, retain: Bool = false,
        properties: MessageProperties = MessageProperties(), using encoder: JSONEncoder = JSONEncoder()
    ) async throws(MQTTClientError) -> ReasonCode {
        let payload = try json(value, for: topic, encoder)
        return try await publish(payload, to: topic, qos: qos, retain: retain, properties: properties.describingJSON)
    }

    /// Puts a value into the outbox as JSON, with the Content Type `application/json` unless `properties` name another one.
    ///
    /// - Throws: `invalidArgument` when the value has no JSON, and what `enqueue(_:to:qos:retain:properties:)` throws
    public func enqueue(
        json value: some Encodable, to topic: String, qos: QoS = .atLeastOnce, retain: Bool = false,
        properties: MessageProperties = MessageProperties(), using encoder: JSONEncoder = JSONEncoder()
    ) async throws(MQTTClientError) {
        let payload = try json(value, for: topic, encoder)
        try await enqueue(payload, to: topic, qos: qos, retain: retain, properties: properties.describingJSON)
    }

    /// Sends a value as JSON and waits for the response, which `MQTTMessage.decode` reads.
    ///
    ///     let sum = try await client.request(json: Terms(a: 1, b: 2), to: "calculator/add").decode(Sum.self)
    ///
    /// - Throws: `invalidArgument` when the value has no JSON, and what `request(_:to:qos:timeout:properties:)` throws
    public func request(
        json value: some Encodable, to topic: String, qos: QoS = .atLeastOnce, timeout: Duration = .seconds(10),
        properties: MessageProperties = MessageProperties(), using encoder: JSONEncoder = JSONEncoder()
    ) async throws(MQTTClientError) -> MQTTMessage {
        let payload = try json(value, for: topic, encoder)
        return try await request(payload, to: topic, qos: qos, timeout: timeout, properties: properties.describingJSON)
    }

    private func json(_ value: some Encodable, for topic: String, _ encoder: JSONEncoder) throws(MQTTClientError) -> [UInt8] {
        do {
            return Array(try encoder.encode(value))
        } catch {
            let place = CodingPlace(error)
            let path = place.path.isEmpty ? "" : "\(place.path): "
            throw .invalidArgument("\(topic): \(type(of: value)) cannot be written as JSON: \(path)\(place.reason)")
        }
    }
}

extension MessageProperties {
    fileprivate var describingJSON: MessageProperties {
        var properties = self
        properties.contentType = contentType ?? "application/json"
        properties.isText = true
        return properties
    }
}
