import MQTTTestServer
import Testing

@testable import MQTTClient

@Suite("Subscribing", .timeLimit(.minutes(1)))
struct SubscribingTests {
    @Test("Several filters with their options: No Local, Retain As Published, Retain Handling")
    func options() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { client in
            try await client.publish("old", to: "r/1", retain: true)
            let messages = try await client.subscribe(to: [
                TopicSubscription("r/#", maximumQoS: .exactlyOnce, retainAsPublished: true, retainHandling: .doNotSend),
                TopicSubscription("own/#", noLocal: true),
            ])
            #expect(messages.grants == [.grantedQoS2, .grantedQoS1])
            try await client.publish("mine", to: "own/x")
            try await client.publish("new", to: "r/2", retain: true)
            for await message in messages {
                #expect(message.topic == "r/2" && message.retain)
                break
            }
        }
    }

    @Test("Each subscription has its own messages, overlapping ones both, two of the same filter too")
    func overlapping() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { client in
            let all = try await client.subscribe(to: "a/#")
            let one = try await client.subscribe(to: "a/1")
            let twin = try await client.subscribe(to: "a/1")
            try await client.publish("x", to: "a/1")
            try await client.publish("y", to: "a/2")
            try await client.publish("z", to: "a/1")
            #expect(try await texts(of: all, 3) == ["x", "y", "z"])
            #expect(try await texts(of: one, 2) == ["x", "z"])
            #expect(try await texts(of: twin, 2) == ["x", "z"])
        }
    }

    @Test("A shared subscription is divided among clients")
    func shared() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { first in
            try await MQTTClient.withConnection(server.configuration) { second in
                let (a, b) = (try await first.subscribe(to: "$share/g/job"), try await second.subscribe(to: "$share/g/job"))
                for i in 0..<10 { try await first.publish("\(i)", to: "job") }
                let seen = try await texts(of: a, 5) + texts(of: b, 5)
                #expect(Set(seen).count == 10)
            }
        }
    }

    @Test("A filter that is none, and one the broker does not offer, fail with the reason")
    func refused() async throws {
        let server = try MQTTTestServer { $0.listeners[0].options.sharedSubscriptionAvailable = false }
        try await MQTTClient.withConnection(server.configuration) { client in
            await #expect(throws: MQTTClientError.self) { try await client.subscribe(to: "a/#/b") }
            await #expect(throws: MQTTClientError.notSupported("the server has no Shared Subscriptions")) {
                try await client.subscribe(to: "$share/g/a")
            }
            await #expect(throws: MQTTClientError.self) {
                try await client.subscribe(to: [TopicSubscription("$share/g/a", noLocal: true)])
            }
        }
    }

    @Test("Leaving the loop unsubscribes: the broker has nobody left to send to")
    func leaving() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { client in
            let messages = try await client.subscribe(to: "once")
            try await client.publish("x", to: "once")
            for await _ in messages { break }
            // UNSUBSCRIBE is on its way; what is published behind it finds nobody.
            #expect(try await client.publish("y", to: "once") == .noMatchingSubscribers)
        }
    }

    @Test("unsubscribe returns when the broker has said so, and what had come can still be read")
    func unsubscribing() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { client in
            let messages = try await client.subscribe(to: "u")
            try await client.publish("x", to: "u", qos: .atMostOnce)
            _ = try await client.ping()
            try await messages.unsubscribe()
            #expect(try await client.publish("y", to: "u") == .noMatchingSubscribers)
            var seen: [String] = []
            for await message in messages { seen.append(message.text) }
            #expect(seen == ["x"])
        }
    }

    @Test("Unread QoS 1 messages stay with the broker beyond Receive Maximum, and come when room is made")
    func backPressure() async throws {
        let server = try MQTTTestServer()
        var configuration = server.configuration
        configuration.receiveMaximum = 5
        try await MQTTClient.withConnection(configuration) { reader in
            let messages = try await reader.subscribe(to: "slow")
            try await MQTTClient.withConnection(server.configuration) { writer in
                for i in 0..<50 { try await writer.publish("\(i)", to: "slow") }
                // All are published, five are here.
                _ = try await reader.ping()
                #expect(messages.waitingMessages == 5)
                #expect(try await texts(of: messages, 50) == (0..<50).map { "\($0)" })
            }
        }
    }

    @Test("What a kept Session has collected comes behind CONNACK, and all of it is read by who subscribes then")
    func collected() async throws {
        let server = try MQTTTestServer()
        var configuration = server.configuration
        configuration.clientID = "collector"
        configuration.session = .kept(seconds: 600)
        configuration.receiveMaximum = 100
        let first = MQTTClient(configuration)
        async let run: Void = first.run()
        let left = try await first.subscribe(to: "collected")
        await first.disconnect()
        try await run
        try await MQTTClient.withConnection(server.configuration) { writer in
            for i in 0..<300 { try await writer.enqueue("\(i)", to: "collected") }
            try await writer.flush()
        }
        withExtendedLifetime(left) {}
        try await MQTTClient.withConnection(configuration) { second in
            // The broker has sent all it may before it answers.
            _ = try await second.ping()
            let messages = try await second.subscribe(to: "collected")
            #expect(try await texts(of: messages, 300) == (0..<300).map { "\($0)" })
        }
    }

    @Test("With manual acknowledgement the broker waits for it, and an earlier message holds back later ones")
    func manual() async throws {
        let server = try MQTTTestServer()
        var configuration = server.configuration
        configuration.receiveMaximum = 2
        try await MQTTClient.withConnection(configuration) { client in
            let messages = try await client.subscribe(to: "m", acknowledgement: .manual)
            for i in 0..<4 { try await client.enqueue("\(i)", to: "m") }
            var iterator = messages.makeAsyncIterator()
            let first = try #require(await iterator.next())
            let second = try #require(await iterator.next())
            messages.acknowledge(second)
            _ = try await client.ping()
            #expect(messages.waitingMessages == 0)
            messages.acknowledge(first)
            #expect(await iterator.next()?.text == "2")
            #expect(await iterator.next()?.text == "3")
        }
    }

    @Test("A reader that is behind on QoS 0 slows the sender down, and loses nothing")
    func slowReader() async throws {
        let server = try MQTTTestServer()
        var configuration = server.configuration
        configuration.bufferedMessages = 100
        try await MQTTClient.withConnection(configuration) { reader in
            let messages = try await reader.subscribe(to: "fast", qos: .atMostOnce)
            try await MQTTClient.withConnection(server.configuration) { writer in
                for i in 0..<20_000 { try await writer.publish("\(i)", to: "fast", qos: .atMostOnce) }
                try await writer.flush()
                #expect(try await texts(of: messages, 20_000) == (0..<20_000).map { "\($0)" })
                #expect(messages.droppedMessages == 0)
            }
        }
    }

    @Test("What comes while a subscription is being ended is acknowledged, and holds nothing back")
    func ending() async throws {
        let server = try MQTTTestServer()
        var configuration = server.configuration
        configuration.receiveMaximum = 1
        try await MQTTClient.withConnection(configuration) { client in
            let (ending, other) = (try await client.subscribe(to: "ending"), try await client.subscribe(to: "other"))
            // The first thing unsubscribe does; the loop does not know of it yet.
            ending.buffer.end()
            try await client.publish("x", to: "ending")
            try await client.publish("y", to: "other")
            #expect(try await texts(of: other, 1) == ["y"])
        }
    }

    @Test("A second reader of one subscription gets nothing, instead of every other message")
    func oneReader() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { client in
            let messages = try await client.subscribe(to: "a")
            var first = messages.makeAsyncIterator()
            var second = messages.makeAsyncIterator()
            #expect(await second.next() == nil)
            try await client.publish("x", to: "a")
            #expect(await first.next()?.text == "x")
        }
    }
}

/// The next `count` messages.
func texts(of messages: MQTTSubscription, _ count: Int) async throws -> [String] {
    var seen: [String] = []
    for await message in messages {
        seen.append(message.text)
        if seen.count == count { break }
    }
    return seen
}
