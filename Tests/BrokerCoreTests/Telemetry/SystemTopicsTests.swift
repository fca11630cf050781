import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("$SYS")
struct SystemTopicsTests {
    private func value(_ topic: String, _ broker: borrowing TestBroker) -> String? {
        broker.tick.core.systemValues(at: broker.now).first { $0.name == topic }?.value
    }

    @Test("A round in which more connections were refused than opened is as good as any")
    func refusedLater() {
        var options = BrokerOptions()
        options.systemTopicsSeconds = 10
        var broker = TestBroker(options: options)
        broker.advance(seconds: 5)
        let stranger = broker.open()
        broker.advance(seconds: 6)
        broker.send(bytes: Array("GET / HTTP/1.1".utf8), from: stranger)
        let isClosed = broker.isClosed(stranger)
        #expect(isClosed)
        broker.advance(seconds: 10)
        let refused = value("clients/refused", broker)
        let load = value("load/connections/1min", broker)
        #expect(refused == "1")
        #expect(load == "0.00")
    }

    @Test("load/connections counts who is let in, load/sockets every connection")
    func connectionLoads() {
        var options = BrokerOptions()
        options.systemTopicsSeconds = 60
        var broker = TestBroker(options: options)
        _ = broker.connect("a")
        let stranger = broker.open()
        broker.send(bytes: [0xC0, 0], from: stranger)
        broker.advance(seconds: 61)
        let connections = value("load/connections/1min", broker)
        let sockets = value("load/sockets/1min", broker)
        #expect(connections == "0.50")
        #expect(sockets == "1.00")
    }
}
