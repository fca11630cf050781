import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Topic → receivers, remembered")
struct RouterTests {
    @Test("A subscription that comes or goes is heeded by the next message, with wildcards and without", arguments: ["a/b", "a/+", "#"])
    func changes(filter: String) {
        var broker = TestBroker()
        let subscriber = broker.connect("subscriber")
        let publisher = broker.connect("publisher")
        for round in 0..<3 {
            broker.send(.publish("a/b", "before \(round)"), from: publisher)
            broker.send(.subscribe(filter), from: subscriber)
            broker.send(.publish("a/b", "during \(round)"), from: publisher)
            broker.send(.unsubscribe(filter), from: subscriber)
            broker.send(.publish("a/b", "after \(round)"), from: publisher)
        }
        #expect(broker.payloads(subscriber) == ["during 0", "during 1", "during 2"])
    }

    @Test("A session that ends is forgotten by every topic")
    func sessionEnd() {
        var broker = TestBroker()
        let publisher = broker.connect("publisher")
        let subscriber = broker.connect("subscriber")
        broker.send(.subscribe("a", "b/#"), from: subscriber)
        broker.send([.publish("a"), .publish("b/c")], from: publisher)
        broker.drop(subscriber)
        let newcomer = broker.connect("newcomer")
        broker.send([.publish("a"), .publish("b/c")], from: publisher)
        #expect(broker.received(newcomer) == [])
    }

    @Test("More topics than it may remember are all routed, and no more are kept")
    func eviction() {
        var options = TestBroker.quiet
        options.limits.routerCacheTopics = 10
        var broker = TestBroker(options: options)
        let client = broker.connect("client")
        broker.send(.subscribe("t/+"), from: client)
        _ = broker.received(client)
        for _ in 0..<3 { broker.send((0..<50).map { .publish("t/\($0)", "\($0)") }, from: client) }
        #expect(broker.payloads(client) == Array(repeating: (0..<50).map(String.init), count: 3).flatMap { $0 })
        #expect(broker.tick.core.router.count <= 11)
    }

    @Test("What it remembers is bounded in bytes too: long topics, and topics with many receivers, count for more")
    func bytes() {
        var options = TestBroker.quiet
        options.limits.routerCacheTopics = 16
        var broker = TestBroker(options: options)
        let client = broker.connect("client")
        let long = String(repeating: "x", count: 4_000)
        for round in 0..<50 { broker.send(.publish("\(round)/\(long)"), from: client) }
        #expect(broker.tick.core.router.count <= 5)
        // Topics resolved before somebody subscribed grow when they are resolved again.
        for round in 0..<16 { broker.send(.publish("\(round)"), from: client) }
        for subscriber in 0..<200 { broker.send(.subscribe("+"), from: broker.connect("\(subscriber)")) }
        for round in 0..<16 { broker.send(.publish("\(round)"), from: client) }
        #expect(broker.tick.core.router.count <= 8)
    }

    @Test("Random subscriptions: everybody gets a message once, with the highest QoS and all identifiers [MQTT-3.3.4-2]", arguments: 1...4)
    func overlapping(seed: Int) {
        var topics = RandomTopics(seed: UInt64(seed))
        var broker = TestBroker()
        let publisher = broker.connect("publisher")
        let subscribers = (0..<3).map { broker.connect("subscriber \($0)", properties: [.receiveMaximum(1_000)]) }
        var model: [TestBroker.Client: [String: (qos: QoS, identifier: UInt32)]] = [:]
        for step in 1...150 {
            let client = subscribers[topics.number(0..<3)]
            let filter = topics.filter()
            if topics.chance(4) {
                broker.send(.unsubscribe(filter), from: client)
                model[client, default: [:]][filter] = nil
            } else {
                let qos = QoS(rawValue: UInt8(topics.number(0..<3))) ?? .atMostOnce
                broker.send(.subscribe(filter, qos: qos, identifier: UInt32(step)), from: client)
                model[client, default: [:]][filter] = (qos, UInt32(step))
            }
            let topic = topics.topic()
            guard !topic.hasPrefix("$SYS") else { continue }
            broker.send([.publish(topic, "\(step)", qos: .exactlyOnce, id: 1), .pubrel(1)], from: publisher)
            for client in subscribers {
                let expected = (model[client] ?? [:]).filter { matches($0.key, topic) }.values
                let got = broker.messages(client)
                if got.count != (expected.isEmpty ? 0 : 1) { Issue.record("\(got.count) copies of \(topic)") }
                guard let message = got.first else { continue }
                #expect(message.qos == expected.map(\.qos).max())
                #expect(message.properties.subscriptionIdentifiers.sorted() == expected.map(\.identifier).sorted())
            }
        }
    }
}
