import MQTTTestServer
import Testing
import Transport

@testable import MQTTClient

@Suite("Turmoil", .timeLimit(.minutes(5)))
struct TurmoilTests {
    @Test("Many tasks publish, subscribe, cancel and leave while the broker restarts: each returns, and nothing is left behind")
    func turmoil() async throws {
        let server = try MQTTTestServer()
        let inboxes = Inboxes()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for i in 0..<8 {
                group.addTask { try await life(of: server, i, inboxes) }
            }
            group.addTask {
                let clock = ContinuousClock()
                let end = clock.now.advanced(by: .seconds(1))
                while clock.now < end {
                    let pause = clock.now.advanced(by: .milliseconds(150))
                    while clock.now < pause { await Task.yield() }
                    try server.restart()
                }
            }
            try await group.waitForAll()
        }
        while inboxes.count > 0 { await Task.yield() }
    }

    /// One client after the other, each with tasks that come and go.
    private func life(of server: MQTTTestServer, _ number: Int, _ inboxes: Inboxes) async throws {
        var random = SystemRandomNumberGenerator()
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: .seconds(1))
        while clock.now < end {
            var configuration = server.configuration
            configuration.receiveMaximum = .random(in: 1...20, using: &random)
            configuration.bufferedMessages = .random(in: 1...20, using: &random)
            configuration.outbox.messages = .random(in: 1...50, using: &random)
            configuration.outbox.whenFull = OutboxLimits.WhenFull.allCases.randomElement(using: &random) ?? .wait
            configuration.reconnection.firstDelay = .milliseconds(1)
            configuration.reconnection.longestDelay = .milliseconds(20)
            let client = MQTTClient(configuration)
            inboxes.add(client.inbox)
            await withTaskGroup(of: Void.self) { group in
                let isCancelled = Bool.random(using: &random)
                let run = Task { try? await client.run() }
                for i in 0..<6 {
                    let topic = "t/\(Int.random(in: 0..<3, using: &random))"
                    let qos = QoS.allCases[Int.random(in: 0..<3, using: &random)]
                    let count = Int.random(in: 1...40, using: &random)
                    let manual = Bool.random(using: &random)
                    group.addTask {
                        switch i {
                        case 0, 1:
                            for _ in 0..<count { _ = try? await client.publish("x", to: topic, qos: qos) }
                        case 2:
                            for _ in 0..<count { try? await client.enqueue("y", to: topic, qos: qos) }
                        case 3, 4:
                            guard
                                let messages = try? await client.subscribe(
                                    to: topic, qos: qos, acknowledgement: manual ? .manual : .automatic)
                            else { return }
                            var seen = 0
                            for await message in messages {
                                if manual { messages.acknowledge(message) }
                                seen += 1
                                if seen == count { break }
                                if seen == count / 2 { try? await messages.unsubscribe() }
                            }
                        default:
                            _ = try? await client.ping()
                            _ = try? await client.request([1], to: topic, timeout: .milliseconds(20))
                            for await state in client.states { if case .connected = state { break } }
                        }
                    }
                }
                let pause = clock.now.advanced(by: .milliseconds(.random(in: 0...100, using: &random)))
                while clock.now < pause { await Task.yield() }
                if isCancelled { group.cancelAll() }
                if Bool.random(using: &random) { run.cancel() } else { await client.disconnect(flushing: .milliseconds(20)) }
                _ = await run.value
                await group.waitForAll()
            }
        }
    }
}

/// Clients that may still be there.
private final class Inboxes: Sendable {
    private struct Entry: Sendable { weak var inbox: ClientInbox? }

    private let entries = Locked<[Entry]>([])

    var count: Int { entries.withLock { entries in entries.filter { $0.inbox != nil }.count } }

    func add(_ inbox: ClientInbox) { entries.withLock { $0.append(Entry(inbox: inbox)) } }
}
