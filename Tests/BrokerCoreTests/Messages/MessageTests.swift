import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("An Application Message")
struct MessageTests {
    @Test("Its parts are copied one behind the other, and named there")
    func copied() {
        var table = MessageTable()
        let parts = ["topic", "properties", "payload"].map { Array($0.utf8) }
        let slot = parts[0].withUnsafeBytes { topic in
            parts[1].withUnsafeBytes { properties in
                parts[2].withUnsafeBytes { payload in
                    table.borrow(topic: topic, properties: properties, payload: payload, qos: .atMostOnce, retain: false, expires: .never)
                }
            }
        }
        let message = table[slot]
        #expect(message.size == 22)
        withUnsafeTemporaryAllocation(byteCount: 22, alignment: 8) { room in
            guard let start = room.baseAddress else { return }
            let message = message.copied(to: start)
            #expect(String(decoding: room, as: UTF8.self) == "topicpropertiespayload")
            #expect(message.topic == UnsafeRawPointer(start) && message.body == nil)
            #expect(String(decoding: message.propertyBytes, as: UTF8.self) == "properties")
            #expect(String(decoding: message.payloadBytes, as: UTF8.self) == "payload")
        }
    }
}
