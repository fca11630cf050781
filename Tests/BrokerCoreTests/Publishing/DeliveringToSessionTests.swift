import MQTTCodec
import MQTTSession
import Primitives
import Testing

@testable import BrokerCore

@Suite("One message to one session")
struct DeliveringToSessionTests {
    private func options(queued: Int = 3, bytes: Int = 67_108_864, total: Int = 1_073_741_824) -> BrokerOptions {
        var options = TestBroker.quiet
        options.limits.queuedMessages = queued
        options.limits.queuedBytes = bytes
        options.limits.queuedBytesTotal = total
        options.limits.outputBytes = 100
        return options
    }

    private func listener(_ policy: ListenerOptions.SlowConsumerPolicy) -> ListenerOptions {
        var listener = ListenerOptions()
        listener.slowConsumer = policy
        return listener
    }

    /// Nothing is acknowledged: one message is in flight, the others queue.
    private func fill(_ broker: inout TestBroker, _ count: UInt16) -> (subscriber: TestBroker.Client, publisher: TestBroker.Client) {
        let subscriber = broker.connect("subscriber", properties: [.receiveMaximum(1), .sessionExpiryInterval(seconds: 100)])
        broker.send(.subscribe("a", qos: .atLeastOnce), from: subscriber)
        let publisher = broker.connect("publisher")
        for i in 1...count { broker.send(.publish("a", "\(i)", qos: .atLeastOnce, id: i), from: publisher) }
        return (subscriber, publisher)
    }

    private func drain(_ broker: inout TestBroker, _ subscriber: TestBroker.Client) -> [String] {
        var payloads: [String] = []
        while true {
            let messages = broker.messages(subscriber)
            if messages.isEmpty { return payloads }
            payloads += messages.map { String(decoding: $0.payload, as: UTF8.self) }
            broker.send(messages.compactMap { $0.packetID.map { .puback($0) } }, from: subscriber)
        }
    }

    @Test("A full queue drops its oldest message")
    func dropOldest() {
        var broker = TestBroker(options: options(), listener: listener(.dropOldest))
        let (subscriber, _) = fill(&broker, 6)
        #expect(broker.counters.dropped[.queueFullOldest] == 2)
        #expect(drain(&broker, subscriber) == ["1", "4", "5", "6"])
    }

    @Test(
        "Or the newest, and the publisher is told where the policy is to refuse",
        arguments: [(ListenerOptions.SlowConsumerPolicy.dropNewest, ReasonCode.success), (.refuse, .quotaExceeded)])
    func newest(_ policy: ListenerOptions.SlowConsumerPolicy, _ answer: ReasonCode) {
        var broker = TestBroker(options: options(), listener: listener(policy))
        let (subscriber, publisher) = fill(&broker, 6)
        #expect(broker.counters.dropped[.queueFullNewest] == 2)
        #expect(broker.received(publisher).suffix(2) == [.puback(5, answer), .puback(6, answer)])
        #expect(drain(&broker, subscriber) == ["1", "2", "3", "4"])
    }

    @Test("Or the client is disconnected, and keeps what it has")
    func disconnect() {
        var broker = TestBroker(options: options(), listener: listener(.disconnect))
        let (subscriber, _) = fill(&broker, 5)
        #expect(broker.counters.dropped[.slowConsumer] == 1)
        #expect(broker.received(subscriber).last == .disconnect(.quotaExceeded))
        #expect(broker.isClosed(subscriber) == true)
        let again = broker.connect("subscriber", cleanStart: false)
        #expect(drain(&broker, again) == ["1", "2", "3", "4"])
    }

    @Test("Bytes are bounded like messages, and a message larger than the queue goes itself")
    func bytes() {
        var broker = TestBroker(options: options(queued: 100, bytes: 10))
        let (subscriber, publisher) = fill(&broker, 1)
        for text in ["2222", "3333", "4444"] { broker.send(.publish("a", text, qos: .atLeastOnce, id: 9), from: publisher) }
        broker.send(.publish("a", "larger than the queue", qos: .atLeastOnce, id: 10), from: publisher)
        #expect(broker.counters.dropped[.queueFullOldest] == 1)
        #expect(broker.counters.dropped[.queueFullNewest] == 1)
        #expect(drain(&broker, subscriber) == ["1", "3333", "4444"], "nothing made way for what could not come in")
    }

    @Test("When all queues together are full, QoS 1 is refused with 0x97")
    func total() {
        var broker = TestBroker(options: options(queued: 100, total: 9))
        let (_, publisher) = fill(&broker, 1)
        for i in 2...6 as ClosedRange<UInt16> { broker.send(.publish("a", "x", qos: .atLeastOnce, id: i), from: publisher) }
        #expect(broker.counters.dropped[.queuesFull] == 1)
        #expect(broker.received(publisher).last == .puback(6, .quotaExceeded))
    }

    @Test("A message above the client's Maximum Packet Size is not sent, and holds up nothing [MQTT-3.1.2-24] [MQTT-3.1.2-25]")
    func maximumPacketSize() {
        var broker = TestBroker()
        let subscriber = broker.connect("subscriber", properties: [.maximumPacketSize(20), .topicAliasMaximum(5)])
        broker.send(.subscribe("a", qos: .atLeastOnce), from: subscriber)
        let publisher = broker.connect("publisher")
        broker.send(.publish("a", String(repeating: "x", count: 13), qos: .atLeastOnce), from: publisher)
        broker.send(.publish("a", String(repeating: "y", count: 12), qos: .atLeastOnce), from: publisher)
        // Fixed header 2, topic 3, Packet Identifier 2, Property Length 1: 12 bytes fill the packet, without an alias.
        #expect(broker.payloads(subscriber) == [String(repeating: "y", count: 12)])
        #expect(broker.counters.dropped[.packetTooLarge] == 1)
    }

    @Test("A message that grew beyond what a Remaining Length can say is not sent: its topic came behind an alias")
    func beyondRemainingLength() {
        var broker = TestBroker()
        let subscriber = broker.connect("subscriber")
        broker.send(.subscribe("a"), from: subscriber)
        // Never read, only measured.
        let payload = UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: 64), count: 268_435_452)
        let topic = SharedBytes(count: 1)
        topic.mutableBytes.storeBytes(of: UInt8(ascii: "a"), as: UInt8.self)
        defer { topic.release() }
        let message = broker.tick.core.messages.borrow(
            topic: topic.buffer, properties: UnsafeRawBufferPointer(start: nil, count: 0), payload: payload, qos: .atMostOnce,
            retain: false,
            expires: .never)
        let session = broker.tick.core.sessions.pointer(to: 0)
        let delivery = Delivery(message: message, qos: .atMostOnce, retain: false)
        #expect(broker.tick.core.fits(delivery, session) == false)
        broker.tick.core.messages.pointer(to: message).pointee.payloadLength -= 1
        #expect(broker.tick.core.fits(delivery, session) == true)
        broker.tick.core.messages.release(message)
    }

    @Test("QoS 0 is queued for a client that does not read, up to the bound, and keeps its order")
    func congested() {
        var broker = TestBroker(options: options(queued: 5), listener: listener(.dropNewest))
        let subscriber = broker.connect("subscriber")
        broker.send(.subscribe("a"), from: subscriber)
        _ = broker.received(subscriber)
        broker.block(subscriber)
        let publisher = broker.connect("publisher")
        for i in 0..<50 { broker.send(.publish("a", "\(i)"), from: publisher) }
        #expect(broker.payloads(subscriber) == [])
        broker.unblock(subscriber)
        let got = broker.payloads(subscriber).compactMap { Int($0) }
        #expect(got == Array(0..<got.count))
        #expect(got.count + Int(broker.counters.dropped[.queueFullNewest]) == 50)
        broker.send(.publish("a", "later"), from: publisher)
        #expect(broker.payloads(subscriber) == ["later"])
    }

    @Test("QoS 0 is not kept for a client that is away [MQTT-4.1.0-1]")
    func away() {
        var broker = TestBroker()
        let subscriber = broker.connect("subscriber", properties: [.sessionExpiryInterval(seconds: 100)])
        broker.send(.subscribe("a", qos: .exactlyOnce), from: subscriber)
        broker.drop(subscriber)
        let publisher = broker.connect("publisher")
        broker.send([.publish("a", "0"), .publish("a", "1", qos: .atLeastOnce), .publish("a", "2", qos: .exactlyOnce)], from: publisher)
        let again = broker.connect("subscriber", cleanStart: false)
        #expect(broker.payloads(again) == ["1", "2"])
    }

    @Test("A topic gets an alias from its first message, and is then not named again")
    func aliases() {
        var broker = TestBroker()
        let subscriber = broker.connect("subscriber", properties: [.topicAliasMaximum(1)])
        broker.send(.subscribe("#"), from: subscriber)
        let publisher = broker.connect("publisher")
        broker.send([.publish("a", "1"), .publish("a", "2"), .publish("b", "3")], from: publisher)
        let messages = broker.messages(subscriber)
        #expect(messages.map(\.topic.string) == ["a", "", "b"])
        #expect(messages.map { $0.properties.topicAlias } == [1, 1, nil])
    }
}
