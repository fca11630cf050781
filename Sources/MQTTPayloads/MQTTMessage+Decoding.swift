import Foundation
import MQTTClient

extension MQTTMessage {
    /// Reads the payload as JSON.
    ///
    /// - Throws: `PayloadError` naming the topic, and what was expected at which place
    public func decode<Value: Decodable>(_ type: Value.Type, using decoder: JSONDecoder = JSONDecoder()) throws(PayloadError) -> Value {
        do {
            return try decoder.decode(type, from: Data(payload))
        } catch {
            let place = CodingPlace(error)
            throw PayloadError(topic: topic, type: "\(type)", path: place.path, reason: place.reason)
        }
    }
}

extension MQTTSubscription {
    /// The messages, each with its payload read as JSON. One that cannot be read is an element like the others, so that it does not end the loop.
    ///
    ///     for await (message, reading) in subscription.decoded(as: Reading.self) {
    ///         switch reading {
    ///         case .success(let reading): print(message.topic, reading.celsius)
    ///         case .failure(let error): print(error)
    ///         }
    ///     }
    public func decoded<Value: Decodable & Sendable>(
        as type: Value.Type, using decoder: JSONDecoder = JSONDecoder()
    ) -> AsyncMapSequence<MQTTSubscription, (message: MQTTMessage, payload: Result<Value, PayloadError>)> {
        map { message in
            (message, Result { () throws(PayloadError) in try message.decode(type, using: decoder) })
        }
    }
}
