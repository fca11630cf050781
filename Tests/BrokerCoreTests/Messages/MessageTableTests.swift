import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("Messages by use")
struct MessageTableTests {
    @Test("A message is there until its last use ends, and owns a copy of its bytes when it outlives the tick")
    func uses() {
        var table = MessageTable()
        var bytes = Array("topic!payload".utf8)
        let message = bytes.withUnsafeBytes { bytes in
            table.borrow(
                topic: UnsafeRawBufferPointer(rebasing: bytes[..<5]), properties: UnsafeRawBufferPointer(start: nil, count: 0),
                payload: UnsafeRawBufferPointer(rebasing: bytes[6...]), qos: .atLeastOnce, retain: false, expires: .never)
        }
        #expect(table.storedCount == 0, "it only borrows")
        table.own(message)
        table.own(message)
        bytes = []
        #expect(table.storedCount == 1 && table.storedBytes == 12)
        #expect(String(decoding: table[message].topicBytes, as: UTF8.self) == "topic")
        #expect(String(decoding: table[message].payloadBytes, as: UTF8.self) == "payload")
        table.retain(message)
        table.release(message)
        #expect(table.count == 1)
        table.release(message)
        #expect(table.count == 0 && table.storedCount == 0 && table.storedBytes == 0)
    }
}
