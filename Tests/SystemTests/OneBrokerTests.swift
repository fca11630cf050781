import Foundation
import Testing

@Suite("Several loops are one broker")
struct OneBrokerTests {
    private func clients(_ count: Int, of broker: Martletd) throws -> [WireClient] {
        try (0..<count).map { i in
            let client = try WireClient(port: broker.port)
            #expect(try client.open("client-\(i)")?.dropFirst(3).first == 0)
            return client
        }
    }

    @Test("200 connections at once are spread over all loops, and each is served")
    func spread() throws {
        let broker = try Martletd(loops: 3)
        let clients = try (0..<200).map { _ in try WireClient(port: broker.port) }
        for (i, client) in clients.enumerated() { try client.send(WireClient.connect("client-\(i)")) }
        for client in clients { #expect(try client.next()?[3] == 0) }
        let before = broker.loopWakeUps
        #expect(before.count == 3)
        for client in clients {
            try client.send([0xC0, 0])
            #expect(try client.next() == [0xD0, 0])
        }
        // A loop without clients does not wake at all; one with some seventy does so once for each, or less often where the
        // machine is so busy that it finds the next before it sleeps.
        for (before, after) in zip(before, broker.loopWakeUps) { #expect(after - before >= 3) }
    }

    @Test("Whichever loop accepts a connection, its client takes over the one before, and nothing sent with CONNECT is lost")
    func takeover() throws {
        let broker = try Martletd(loops: 3)
        for name in 0..<8 {
            var before: WireClient?
            for round in 0..<40 {
                let client = try WireClient(port: broker.port)
                let payload = Array("\(round)".utf8)
                try client.send(
                    WireClient.connect("double-\(name)") + WireClient.subscribe("own/\(name)", qos: 0)
                        + WireClient.publish("own/\(name)", qos: 0, payload) + [0xC0, 0])
                #expect(try client.next()?[3] == 0)
                #expect(try client.next() == [0x90, 4, 0, 5, 0, 0])
                let rest = [try client.next(), try client.next()]
                #expect(rest.contains([0xD0, 0]) && rest.contains { $0?.suffix(payload.count) == payload[...] }, "\(rest)")
                if let before {
                    #expect(try before.next() == [0xE0, 1, 0x8E])
                    #expect(try before.next() == nil)
                }
                before = client
            }
        }
    }

    @Test("Of two connections of one client at the same moment one stays")
    func race() throws {
        let broker = try Martletd(loops: 3)
        for round in 0..<200 {
            let twins = try (0..<2).map { _ in try WireClient(port: broker.port) }
            for twin in twins { try twin.send(WireClient.connect("twin-\(round % 7)")) }
            for twin in twins { #expect(try twin.next()?[3] == 0) }
            for twin in twins { try twin.send([0xC0, 0]) }
            let answers = try twins.map { try $0.next() }
            #expect(answers.contains([0xD0, 0]) && answers.contains([0xE0, 1, 0x8E]), "\(answers)")
        }
    }

    @Test("A session is found again by whichever loop its client comes")
    func resume() throws {
        let broker = try Martletd(loops: 3)
        let publisher = try WireClient(port: broker.port)
        try publisher.open("publisher")
        for name in 0..<8 {
            for round in 0..<20 {
                let client = try WireClient(port: broker.port)
                let connack = try #require(try client.open("lasting-\(name)", clean: false, expiry: 100))
                #expect(connack[2] == (round == 0 ? 0 : 1) && connack[3] == 0)
                if round == 0 {
                    try client.subscribe("for/\(name)", qos: 1)
                } else {
                    #expect(try client.converse(messages: 1, completed: 0).map(\.payload) == [[UInt8(round)]])
                }
                // The end of the stream says that the broker knows.
                try client.send([0xE0, 0])
                #expect(try client.next() == nil)
                try publisher.send(WireClient.publish("for/\(name)", qos: 1, [UInt8(round + 1)]))
                try publisher.converse(messages: 0, completed: 1)
            }
        }
    }

    @Test("$SYS counts the clients, subscriptions and messages of all loops")
    func systemTopics() throws {
        let broker = try Martletd(configuration: "[system_topics]\ninterval = 1\n", loops: 3)
        let clients = try clients(20, of: broker)
        for (i, client) in clients.enumerated() {
            try client.subscribe("plain/\(i)", qos: 0)
            try client.subscribe("$share/some/\(i)", qos: 0)
            try client.send(WireClient.publish("state/\(i)", qos: 1, retain: true, [1]))
            try client.converse(messages: 0, completed: 1)
        }
        let observer = try WireClient(port: broker.port)
        try observer.open("observer")
        var missing = [
            "clients/connected": "21", "clients/total": "21", "clients/maximum": "21", "subscriptions/count": "46",
            "shared_subscriptions/count": "20", "publish/messages/received": "20",
        ]
        for name in missing.keys { try observer.subscribe("$SYS/broker/\(name)", qos: 0) }
        while !missing.isEmpty {
            let message = try #require(try observer.message(), "\(missing)")
            let name = String(message.topic.dropFirst("$SYS/broker/".count))
            if missing[name] == String(decoding: message.payload, as: UTF8.self) { missing[name] = nil }
        }
    }

    @Test("limits.connections bounds the connections of all loops together")
    func connections() throws {
        let broker = try Martletd(configuration: "[limits]\nconnections = 10\n", loops: 3)
        var clients = try clients(10, of: broker)
        for _ in 0..<10 { #expect(try WireClient(port: broker.port).open("one too many") == nil) }
        clients.removeFirst()
        // The loop that accepts may not have heard yet that there is room.
        var isIn = false
        for _ in 0..<1_000 where !isIn {
            let client = try WireClient(port: broker.port)
            isIn = try client.open("another") != nil
        }
        #expect(isIn)
        for client in clients {
            try client.send([0xC0, 0])
            #expect(try client.next() == [0xD0, 0])
        }
    }

    @Test("limits.sessions bounds the sessions of all loops together")
    func sessions() throws {
        let broker = try Martletd(configuration: "[limits]\nsessions = 10\n", loops: 3)
        let clients = try clients(10, of: broker)
        for i in 0..<10 {
            let connack = try #require(try WireClient(port: broker.port).open("one too many \(i)"))
            #expect(connack[3] == 0x97)
        }
        try clients[0].send([0xE0, 0])
        #expect(try clients[0].next() == nil)
        #expect(try WireClient(port: broker.port).open("another")?[3] == 0)
    }
}

extension Martletd {
    /// How often each loop has waited and gone on, in no particular order.
    fileprivate var loopWakeUps: [Int] {
        let tasks = "/proc/\(program.identifier)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
        return threads.sorted().compactMap { thread in
            let status = (try? String(contentsOfFile: "\(tasks)/\(thread)/status", encoding: .utf8)) ?? ""
            func value(_ key: String) -> String {
                let line = status.split(separator: "\n").first { $0.hasPrefix("\(key):") } ?? ""
                return line.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces)
            }
            // The first loop runs on the thread the process began with.
            guard thread == "\(program.identifier)" || value("Name").hasPrefix("shard") else { return nil }
            return Int(value("voluntary_ctxt_switches"))
        }
    }
}
