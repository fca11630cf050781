import Foundation
import MQTTClient

extension MQTTClient {
    /// Answers requests that match `filter`, JSON to JSON, until the client stops or the task is cancelled. Handlers run one after the other.
    ///
    ///     try await client.respond(on: "calculator/add", decoding: Terms.self) { terms in Sum(terms.a + terms.b) }
    ///
    /// - Parameters:
    ///   - undecodable: is told of a request that cannot be read; it gets no response, so that its sender runs into the time-out
    ///   - handler: gives the response; when it throws, answering is over
    /// - Throws: what `handler` throws, what subscribing throws, and `MQTTClientError.invalidArgument` when a response has no JSON
    public func respond<Request: Decodable, Response: Encodable>(
        on filter: String, decoding type: Request.Type, qos: QoS = .atLeastOnce,
        undecodable: (PayloadError) -> Void = { _ in },
        _ handler: (Request) async throws -> Response
    ) async throws {
        for await message in try await subscribe(to: filter, qos: qos) {
            guard let responseTopic = message.properties.responseTopic else { continue }
            let request: Request
            do throws(PayloadError) {
                request = try message.decode(type)
            } catch {
                undecodable(error)
                continue
            }
            let properties = MessageProperties(correlationData: message.properties.correlationData)
            let response = try await handler(request)
            do {
                try await enqueue(json: response, to: responseTopic, qos: message.qos, properties: properties)
            } catch MQTTClientError.invalidTopic {
                continue  // Its sender's mistake is nobody else's trouble.
            }
        }
    }
}
