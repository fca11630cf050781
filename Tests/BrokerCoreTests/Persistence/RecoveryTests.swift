import BrokerRecords
import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Starting on what lies on disk")
struct RecoveryTests {
    private let persistent: [Property] = [.sessionExpiryInterval(seconds: 1_000)]

    @Test("rows that say nothing are counted and cost nobody else anything")
    func unreadable() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let client = broker.connect("client", properties: persistent)
        broker.send(.subscribe("t", qos: .exactlyOnce), from: client)
        for table in BrokerCore.recoveredTables {
            disk.put([1, 2], at: [0, 0, 0, 0, 0, 0, 0, 1], in: table)
            disk.put([], at: [9], in: table)
        }
        broker = TestBroker(on: disk)
        #expect(broker.unreadable == 18)
        #expect(broker.reconnect("client", persistent).1 == true)
    }
}
