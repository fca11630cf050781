import BrokerCore
import Testing

@testable import Broker

@Suite struct BrokerThreadTests {
    private func start(loops: Int, port: UInt16 = 0, _ change: (inout BrokerConfiguration) -> Void = { _ in }) throws -> BrokerThread {
        var configuration = BrokerConfiguration()
        configuration.loops = loops
        configuration.listeners = [ListenerConfiguration(port: port)]
        configuration.log.level = .error
        change(&configuration)
        return try BrokerThread(configuration: configuration, log: LogWriter(configuration: configuration.log))
    }

    @Test("Clients are served by one loop and by several, and each hears that the broker stops", arguments: [1, 3], [false, true])
    func servesAndStops(loops: Int, isPinned: Bool) throws {
        let broker = try start(loops: loops) { $0.pinLoops = isPinned }
        let clients = try (0..<30).map { try Client(port: broker.ports[0], clientID: "client-\($0)") }
        for client in clients { #expect(client.isConnected) }
        for client in clients { try client.send([0xC0, 0]) }
        for client in clients { #expect(try client.next(2) == [0xD0, 0]) }
        broker.stop()
        for client in clients {
            #expect(try client.next(3) == [0xE0, 1, 0x8B])
            #expect(try client.next(1).isEmpty)
        }
    }

    @Test("A stopped broker holds nothing: another one takes its port at once", arguments: [1, 3])
    func stopsWhole(loops: Int) throws {
        var port: UInt16 = 0
        for _ in 0..<20 {
            let broker = try start(loops: loops, port: port)
            port = broker.ports[0]
            // Gone before the broker stops, so that nobody is waited for.
            #expect(try Client(port: port, clientID: "client").isConnected)
            broker.stop()
        }
    }

    @Test("A port that is taken is refused, and no loop is left behind")
    func takenPort() throws {
        let broker = try start(loops: 3)
        let error = #expect(throws: BrokerStartError.self) { _ = try start(loops: 3, port: broker.ports[0]) }
        guard case .network? = error else { return _ = Issue.record("no network error") }
        broker.stop()
    }

    @Test("A broker that never ran ends its loops, and one that was told to stop before it ran stops", arguments: [1, 3])
    func neverRuns(loops: Int) throws {
        var configuration = BrokerConfiguration()
        configuration.loops = loops
        configuration.listeners = [ListenerConfiguration(port: 0)]
        configuration.log.level = .error
        let log = LogWriter(configuration: configuration.log)
        _ = try Broker(configuration: configuration, log: log, handlesSignals: false)
        let broker = try Broker(configuration: configuration, log: log, handlesSignals: false)
        broker.stopper.stop()
        #expect(broker.run() == 0)
    }
}
