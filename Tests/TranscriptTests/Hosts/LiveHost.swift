import Broker
import BrokerCore
import Transport

/// A broker in this process, started for one scenario, over real sockets; its clock moves when the transcript says so.
///
/// A client of our own asks at a listener of its own, so that no scenario's options bind it and no keep alive is touched.
final class LiveHost: TranscriptHost {
    private let broker: BrokerThread
    private let time = ManualTime()
    private var network: SocketHost
    /// Stops the broker, which waits for its clients to have read why.
    private var stopping: Thread?

    init(settings: TranscriptSettings) throws {
        var listener = ListenerConfiguration(port: 0)
        listener.options = settings.listener
        var configuration = BrokerConfiguration()
        configuration.options = settings.broker
        // The asking client is one more than the scenario knows of.
        configuration.options.limits.connections += 1
        configuration.options.limits.sessions += 1
        configuration.listeners = [listener, ListenerConfiguration(port: 0)]
        configuration.loops = 1
        configuration.log.level = .error
        let log = LogWriter(configuration: configuration.log)
        broker = try BrokerThread(configuration: configuration, log: log, clock: .manual(time))
        network = try SocketHost(port: broker.ports[0], probePort: broker.ports[1])
    }

    func open(_ client: String) throws { try network.open(client) }
    func send(_ bytes: [UInt8], by client: String) throws { network.send(bytes, by: client) }
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
