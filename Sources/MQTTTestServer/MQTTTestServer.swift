@_exported import struct Broker.BrokerConfiguration
import Broker
import Synchronization

/// The real broker, in the process of a test: on loopback, on a port that was free, with nothing to install or to clean up.
///
///     let server = try MQTTTestServer()
///     try await MQTTClient.withConnection(ClientConfiguration(host: server.host, port: server.port)) { client in
///         try await client.publish("21.5", to: "home/kitchen/temperature")
///     }
///
/// Servers know nothing of each other, so each test has its own, and tests run side by side. It stops when nothing refers to it any more.
public final class MQTTTestServer: Sendable {
    /// `127.0.0.1`, unless the configuration's first listener says otherwise.
    public let host: String
    /// The same one for the life of this object, also after a restart.
    public let port: UInt16

    private let configuration: BrokerConfiguration
    private let running: Mutex<RunningBroker?>

    /// Returns when clients can connect.
    ///
    /// The broker has one event loop and writes no log but errors. `configure` changes that and everything else that a file of `martletd`
    /// can say, to see how a client copes with less:
    ///
    ///     let server = try MQTTTestServer { $0.listeners[0].options.maximumQoS = .atLeastOnce }
    ///
    /// - Throws: `MQTTTestServerError` if the listeners of the configuration cannot be opened
    public init(_ configure: (inout BrokerConfiguration) -> Void = { _ in }) throws(MQTTTestServerError) {
        var configuration = BrokerConfiguration()
        configuration.listeners = [ListenerConfiguration(port: 0)]
        configuration.loops = 1
        configuration.log.level = .error
        configure(&configuration)
        guard let first = configuration.listeners.first else {
            throw MQTTTestServerError(reason: "the configuration has no listener; leave it the one it comes with, or give it another")
        }
        let broker = try RunningBroker(configuration)
        for (i, port) in broker.ports.enumerated() { configuration.listeners[i].port = port }
        host = first.address
        port = configuration.listeners[0].port
        self.configuration = configuration
        running = Mutex(broker)
    }

    deinit { stop() }

    /// Ends every connection, as a broker does that is shut down in order, and returns when nothing of it is left: neither threads nor Sessions, nor
    /// Retained Messages. Nothing, if it is stopped already.
    public func stop() {
        running.withLock { broker in
            broker?.stop()
            broker = nil
        }
    }

    /// Starts it again, empty, on the same port. Nothing, if it is running.
    ///
    /// - Throws: `MQTTTestServerError` if another program has taken the port meanwhile
    public func start() throws(MQTTTestServerError) {
        try running.withLock { broker throws(MQTTTestServerError) in
            if broker == nil { broker = try RunningBroker(configuration) }
        }
    }

    /// `stop` and `start`: what a client sees when its broker is updated.
    public func restart() throws(MQTTTestServerError) {
        stop()
        try start()
    }
}
