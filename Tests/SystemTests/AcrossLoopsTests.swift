import Foundation
import Testing

@Suite("Clients that meet though they belong to different loops")
struct AcrossLoopsTests {
    private let broker: Martletd

    init() throws { broker = try Martletd(loops: 3) }

    /// So many that no loop is without one: a name's loop is a secret.
    private func clients(_ count: Int = 16, _ name: String = "client") throws -> [WireClient] {
        try (0..<count).map { i in
            let client = try WireClient(port: broker.port)
            #expect(try client.open("\(name)-\(i)")?.dropFirst(3).first == 0)
            return client
        }
    }

    private func payload(_ number: Int) -> [UInt8] { Array("\(number)".utf8) }

    @Test("Everyone gets what everyone publishes, once", arguments: [0, 1, 2])
    func everyoneToEveryone(qos: UInt8) throws {
        let clients = try clients()
        for client in clients { try client.subscribe("all", qos: qos) }
        for round in 0..<10 {
            for (i, client) in clients.enumerated() {
                try client.send(WireClient.publish("all", qos: qos, payload(round * clients.count + i)))
            }
            let expected = Set((0..<clients.count).map { payload(round * clients.count + $0) })
            for client in clients {
                let heard = try client.converse(messages: clients.count, completed: qos == 0 ? 0 : 1)
                #expect(Set(heard.map(\.payload)) == expected)
            }
        }
    }

    @Test("What one client publishes comes to all in its order", arguments: [0, 1, 2])
    func order(qos: UInt8) throws {
        let clients = try clients()
        for client in clients { try client.subscribe("in/order", qos: 2) }
        // No more than the broker takes before it has acknowledged some.
        let messages = (1...100).map(payload)
        for (i, message) in messages.enumerated() {
            try clients[0].send(WireClient.publish("in/order", qos: qos, id: UInt8(i + 1), message))
        }
        for (i, client) in clients.enumerated() {
            let heard = try client.converse(messages: messages.count, completed: i == 0 && qos > 0 ? messages.count : 0)
            #expect(heard.map(\.payload) == messages)
        }
    }

    /// The interest of a loop in the filter goes and comes with every round.
    @Test("Who holds the SUBACK gets what is published from then on", arguments: ["news", "+", "$share/readers/news"])
    func readYourWrites(filter: String) throws {
        let clients = try clients()
        for round in 0..<3_000 {
            let reader = clients[round % clients.count]
            let writer = clients[(round * 7 + round / clients.count + 1) % clients.count]
            try reader.subscribe(filter, qos: 0)
            try writer.send(WireClient.publish("news", qos: 0, payload(round)))
            try #require(try reader.message()?.payload == payload(round), "round \(round)")
            try reader.unsubscribe(filter)
        }
    }

    @Test("Who holds the SUBACK gets what somebody publishes in one write with his CONNECT")
    func newcomerWrites() throws {
        let readers = try clients()
        for round in 0..<500 {
            let reader = readers[round % readers.count]
            try reader.subscribe("news", qos: 0)
            let writer = try WireClient(port: broker.port)
            try writer.send(WireClient.connect("writer-\(round)") + WireClient.publish("news", qos: 0, payload(round)))
            try #require(try reader.message()?.payload == payload(round), "round \(round)")
            try reader.unsubscribe("news")
        }
    }

    @Test("A Retained Message is everywhere when it is acknowledged, and nowhere when its end is")
    func retained() throws {
        let writers = try clients(16, "writer")
        for round in 0..<10 {
            for (i, writer) in writers.enumerated() {
                try writer.send(WireClient.publish("state/\(i)", qos: 1, retain: true, payload(round)))
                try writer.converse(messages: 0, completed: 1)
            }
            for reader in try clients(16, "reader") {
                try reader.subscribe("state/#", qos: 0)
                let heard = try (0..<writers.count).map { _ in try #require(try reader.message()) }
                #expect(Set(heard.map(\.topic)) == Set(writers.indices.map { "state/\($0)" }))
                #expect(heard.allSatisfy { $0.payload == payload(round) })
            }
        }
        for (i, writer) in writers.enumerated() {
            try writer.send(WireClient.publish("state/\(i)", qos: 1, retain: true, []))
            try writer.converse(messages: 0, completed: 1)
        }
        for reader in try clients(16, "latecomer") {
            try reader.subscribe("state/#", qos: 0)
            try reader.send([0xC0, 0])
            #expect(try reader.next() == [0xD0, 0])
        }
    }

    @Test("Each message of a Shared Subscription goes to one member, and what one leaves unacknowledged to another")
    func shared() throws {
        var members = try clients(16, "member")
        for member in members { try member.subscribe("$share/workers/jobs", qos: 1) }
        let publishers = try clients(4, "publisher")
        for number in 0..<200 {
            let publisher = publishers[number % publishers.count]
            try publisher.send(WireClient.publish("jobs", qos: 1, payload(number)))
            try publisher.converse(messages: 0, completed: 1)
        }
        // Half of them take what they get and go without a word.
        var done: [[UInt8]] = []
        members.removeLast(8)
        while done.count < 200 {
            let ready = try #require(WireClient.firstReady(members), "after \(done.count)")
            done += try ready.converse(messages: 1, completed: 0).map(\.payload)
        }
        #expect(Set(done) == Set((0..<200).map(payload)))
    }
}
