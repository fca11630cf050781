import Broker
import BrokerCore
import Transport

/// A broker in this process, started for one scenario, over real sockets; its clock moves when the transcript says so.
///
/// Clients of our own ask at a listener of their own, so that no scenario's options bind them and no keep alive is touched.
final class LiveHost: TranscriptHost {
    private let broker: BrokerThread
    private let time = ManualTime()
    private var network: SocketHost
    /// Stops the broker, which waits for its clients to have read why.
    private var stopping: Thread?

    /// - Parameter hashSeed: decides which loop each client belongs to
    init(settings: TranscriptSettings, loops: Int = 1, hashSeed: UInt64 = 1) throws {
        var listener = ListenerConfiguration(port: 0)
        listener.options = settings.listener
        var configuration = BrokerConfiguration()
        configuration.options = settings.broker
        // The asking clients are more than the scenario knows of.
        configuration.options.limits.connections += loops
        configuration.options.limits.sessions += loops
        configuration.placementSeed = Int(hashSeed)
        configuration.listeners = [listener, ListenerConfiguration(port: 0)]
        configuration.loops = loops
        configuration.log.level = .error
        let log = LogWriter(configuration: configuration.log)
        broker = try BrokerThread(configuration: configuration, log: log, clock: .manual(time))
        network = try SocketHost(
            port: broker.ports[0], probePort: broker.ports[1], probes: LoopProbes.names(loops: loops, hashSeed: hashSeed))
    }

    func open(_ client: String) throws { try network.open(client) }
    func send(_ bytes: [UInt8], by client: String) throws { try network.send(bytes, by: client) }
    func received(by client: String) -> [UInt8] { network.received(by: client) }
    func isClosed(_ client: String) -> Bool { network.isClosed(client) }
    func drop(_ client: String) throws { try network.drop(client) }

    func advance(milliseconds: Int64) throws { time.advance(byMilliseconds: milliseconds) }

    func stop() throws {
        let broker = broker
        stopping = try Thread(name: "stopping") { broker.stop() }
    }

    func settle(until isDone: (LiveHost) -> Bool) throws {
        if stopping == nil { try network.synchronise() }
        var turns = network.patienceMilliseconds / 10
        while !isDone(self), turns > 0 {
            network.read()
            turns -= 1
        }
    }

    func end() {
        network.end()
        if let thread = stopping.take() { thread.join() } else { broker.stop() }
    }
}
