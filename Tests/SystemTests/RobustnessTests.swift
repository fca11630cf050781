import Foundation
import Testing
import Transport

@Suite("Bad company, and a client beside it that is served")
struct RobustnessTests {
    /// A client that has subscribed to `served/#`.
    private func wellBehaved(_ broker: Martletd) throws -> WireClient {
        let client = try WireClient(port: broker.port)
        try client.open("well-behaved")
        try client.send(WireClient.subscribe("served/#", qos: 0))
        #expect(try client.next() == [0x90, 4, 0, 5, 0, 0])
        return client
    }

    @Test(
        "A subscriber that never reads harms only itself, and memory stays bounded",
        arguments: ["drop-oldest", "drop-newest", "disconnect"], [1, 3])
    func slowConsumer(policy: String, loops: Int) throws {
        let broker = try Martletd(
            configuration: "[[listener]]\nslow_consumer = \"\(policy)\"\n[limits]\nqueued_bytes = \"8MiB\"\noutput_bytes = \"1MiB\"\n",
            loops: loops)
        let served = try wellBehaved(broker)
        let deaf = try WireClient(port: broker.port, receiveBuffer: 4_096)
        try deaf.open("deaf")
        try deaf.send(WireClient.subscribe("noise", qos: 1))
        #expect(try deaf.next() == [0x90, 4, 0, 5, 0, 1])
        let loud = try WireClient(port: broker.port)
        try loud.open("loud")
        let before = broker.memory.resident
        let message = WireClient.publish("noise", qos: 0, [UInt8](repeating: 1, count: 60_000))
        for round in 0..<20 {
            for _ in 0..<100 { try loud.send(message) }
            #expect(try served.isServed(round))
        }
        // 120 MB went by.
        try loud.send([0xC0, 0])
        #expect(try loud.next() == [0xD0, 0])
        if !isSanitized { #expect(broker.memory.resident - before < 40_000_000) }
        if policy == "disconnect" {
            try broker.waitForEvent("protocol_violated") { $0["client"] as? String == "deaf" }
        } else {
            try broker.waitForEvent("message_dropped") { $0["client"] as? String == "deaf" && $0["topic"] as? String == "noise" }
        }
        #expect(try served.isServed(99))
    }

    @Test("A broker that ran out of descriptors for clients it refused accepts again when they have gone", arguments: [1, 3])
    func outOfDescriptors(loops: Int) throws {
        let broker = try Program(
            "/bin/sh", ["-c", "ulimit -n 40; exec '\(Martletd.path)' --port 0 --loops \(loops) --log-level info"])
        let port = try broker.errors.wait(for: "listener_opened") { lines in
            lines.lazy.compactMap(Martletd.fields).first { $0["event"] as? String == "listener_opened" }
                .flatMap { $0["port"] as? Int }.flatMap { UInt16(exactly: $0) }
        }
        // All are refused at once, and each keeps its descriptor while it may read why: nobody else is there to leave.
        var refused: [WireClient] = []
        for _ in 0..<60 {
            refused.append(try WireClient(port: port))
            try refused.last?.send(Array("GET /".utf8))
        }
        _ = try broker.errors.wait(for: "accept_failed") { lines in lines.first { $0.contains("accept_failed") } }
        refused.removeAll()
        let newcomer = try WireClient(port: port)
        #expect(try newcomer.open("newcomer")?[3] == 0)
        broker.send(SIGTERM)
        #expect(try broker.waitForExit() == 0)
    }

    @Test("2,000 connections that say nothing end by the connect time-out, and others are served", arguments: [1, 3])
    func flood(loops: Int) throws {
        let broker = try Martletd(configuration: "[limits]\nconnect_timeout_seconds = 1\n", loops: loops)
        let served = try wellBehaved(broker)
        _ = Socket.raiseDescriptorLimit()
        var silent: [WireClient] = []
        for i in 0..<2_000 {
            silent.append(try WireClient(port: broker.port))
            if i % 100 == 0 { #expect(try served.isServed(i)) }
        }
        for client in silent { #expect(try client.next() == nil) }
        #expect(try served.isServed(2_000))
        let newcomer = try WireClient(port: broker.port)
        #expect(try newcomer.open("newcomer")?[3] == 0)
    }

    @Test("One byte a moment does not make the connect time-out longer", arguments: [1, 3])
    func trickle(loops: Int) throws {
        let broker = try Martletd(configuration: "[limits]\nconnect_timeout_seconds = 1\n", loops: loops)
        let served = try wellBehaved(broker)
        let clients = try (0..<50).map { _ in try WireClient(port: broker.port) }
        let bytes = WireClient.connect("slow-" + String(repeating: "x", count: 400))
        let began = Date()
        var open = clients
        var sent = 0
        while !open.isEmpty {
            // What is waited for is the end of the first; a byte goes out whenever it has not come yet.
            if sent < bytes.count, !open[0].isReady(POLLIN, within: 0.1) {
                for client in open { try client.send([bytes[sent]]) }
                sent += 1
                #expect(try served.isServed(sent))
            } else {
                for client in open { #expect(try client.next() == nil) }
                open = []
            }
        }
        #expect(sent < bytes.count)
        #expect(Date().timeIntervalSince(began) >= 0.9)
    }

    @Test("Half-open connections end by Keep Alive, their Will is told, and others are served", arguments: [1, 3])
    func halfOpen(loops: Int) throws {
        let broker = try Martletd(loops: loops)
        let served = try wellBehaved(broker)
        let name = WireClient.string("MQTT")
        let silent = try (0..<200).map { i in
            let client = try WireClient(port: broker.port)
            // Keep Alive of one second, a Will to `served/will`.
            let will = [0] + WireClient.string("served/will") + WireClient.string("gone")
            try client.send(WireClient.packet(0x10, name + [5, 0x06, 0, 1, 0] + WireClient.string("half-\(i)") + will))
            return client
        }
        for client in silent { #expect(try client.next()?[3] == 0) }
        for _ in silent {
            let packet = try served.next()
            #expect(packet?.suffix(4) == Array("gone".utf8)[...])
        }
        for client in silent { #expect(try client.next() == [0xE0, 1, 0x8D]) }
        #expect(try served.isServed(1))
    }

    /// The first byte of TLS has the type of CONNECT; what follows gives it away.
    @Test(
        "What does not begin like CONNECT closes at once",
        arguments: [[UInt8(ascii: "G")], [0x00], [0x30], [0xC0], [0xF0], [0x16, 3, 1, 2, 0]])
    func firstBytes(bytes: [UInt8]) throws {
        let broker = try Martletd()
        let client = try WireClient(port: broker.port)
        try client.send(bytes)
        // Long before the connect time-out of ten seconds.
        #expect(client.isReady(POLLIN, within: 5))
        #expect(try client.next() == nil)
        try broker.waitForEvent("client_refused")
    }

    @Test("14 connections that announce 100 MB each cost less than 20 MB, address space included", arguments: [true, false], [1, 3])
    func announcements(beforeConnect: Bool, loops: Int) throws {
        let broker = try Martletd(configuration: "[limits]\npacket_bytes = \"256MiB\"\nconnect_packet_bytes = \"256MiB\"\n", loops: loops)
        let served = try wellBehaved(broker)
        #expect(try served.isServed(0))
        let before = broker.memory
        var announcers: [WireClient] = []
        for i in 0..<14 {
            let client = try WireClient(port: broker.port)
            // 100,000,000 as a Remaining Length, and the beginning of what was announced.
            let length: [UInt8] = [0x80, 0xC2, 0xD7, 0x2F]
            if beforeConnect {
                try client.send([0x10] + length + WireClient.string("MQTT") + [5, 2, 0, 60, 0] + [UInt8](repeating: 0x61, count: 1_000))
            } else {
                try client.open("announcer-\(i)")
                try client.send([0x30] + length + WireClient.string("topic") + [UInt8](repeating: 0, count: 1_000))
            }
            announcers.append(client)
            #expect(try served.isServed(i))
        }
        if !isSanitized {
            #expect(broker.memory.resident - before.resident < 20_000_000)
            #expect(broker.memory.virtual - before.virtual < 20_000_000)
        }
        for client in announcers { #expect(!client.isReady(POLLIN, within: 0), "it may still finish") }
        #expect(try served.isServed(99))
    }

    @Test("A client whose old socket never closes comes back from a new one and resumes where it was", arguments: [1, 3])
    func newSocket(loops: Int) throws {
        let broker = try Martletd(loops: loops)
        let old = try WireClient(port: broker.port)
        try old.open("phone", clean: false, expiry: 100)
        try old.send(WireClient.subscribe("calls", qos: 1))
        #expect(try old.next() == [0x90, 4, 0, 5, 0, 1])
        let caller = try WireClient(port: broker.port)
        try caller.open("caller")
        try caller.send(WireClient.publish("calls", qos: 1, Array("one".utf8)))
        #expect(try caller.next() == [0x40, 2, 0, 9])
        let first = try #require(try old.next())
        #expect(first[0] == 0x32)

        // Not acknowledged, not closed.
        let new = try WireClient(port: broker.port)
        let connack = try #require(try new.open("phone", clean: false, expiry: 100))
        #expect(connack[2] == 1 && connack[3] == 0, "the session is there")
        var again = first
        again[0] = 0x3A
        #expect(try new.next() == again, "the same message with DUP")
        try caller.send(WireClient.publish("calls", qos: 1, Array("two".utf8)))
        let second = try #require(try new.next())
        #expect(second[0] == 0x32 && second.suffix(3) == Array("two".utf8)[...])
        #expect(try old.next() == [0xE0, 1, 0x8E])
        #expect(try old.next() == nil)
    }
}
