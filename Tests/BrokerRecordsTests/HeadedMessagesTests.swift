import MQTTCodec
import Primitives
import Testing

@testable import BrokerRecords

@Suite("A message on disk with more before it")
struct HeadedMessagesTests {
    private static let message = MessageRecordTests.bytes(
        MessageHead(qos: .atLeastOnce, retain: true, topicLength: 1, propertiesLength: 0, payloadLength: 1, expires: 5, arrived: 6),
        claims: { _ in }, content: Array("tp".utf8))

    @Test("comes back with its head: a Retained Message")
    func retained() throws {
        let head = RetainedHead(version: 99, publisher: .max)
        var bytes = [UInt8](repeating: 0, count: RetainedHead.bytes)
        bytes.withUnsafeMutableBytes { if let place = $0.baseAddress { head.write(to: place) } }
        try (bytes + Self.message).withUnsafeBytes {
            let (found, message) = try #require(RetainedHead.read($0))
            #expect(found == head)
            #expect(message.topic.elementsEqual("t".utf8))
            #expect(message.payload.elementsEqual("p".utf8))
        }
    }

    @Test("comes back with its head: a Will, with and without a Message Expiry Interval", arguments: [nil, 0, 30] as [UInt32?])
    func will(expiry: UInt32?) throws {
        let head = WillHead(session: 8, startedAt: 1, delaySeconds: 2, messageExpirySeconds: expiry)
        var bytes = [UInt8](repeating: 0, count: WillHead.bytes)
        bytes.withUnsafeMutableBytes { if let place = $0.baseAddress { head.write(to: place) } }
        try (bytes + Self.message).withUnsafeBytes {
            let (found, message) = try #require(WillHead.read($0))
            #expect(found == head)
            #expect(message.head.expires == 5)
        }
    }
}
