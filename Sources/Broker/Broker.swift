import BrokerCore
import Glibc
import Primitives
import Transport

/// The broker: opens its listeners, turns its loop, stops in order.
///
/// `Broker` runs on the thread that calls `run`; `BrokerThread` gives it one of its own.
public final class Broker {
    /// The actual ports, in the order of the configuration's listeners.
    public let ports: [UInt16]

    private var configuration: BrokerConfiguration
    private let log: LogWriter
    private var tick: Tick
    private var network: SocketNetwork
    private let signals: SignalSource?
    private let stopRequest = StopRequest()

    /// Opens all listeners, or none.
    ///
    /// - Parameter handlesSignals: SIGTERM and SIGINT stop `run`, SIGHUP reads the configuration again
    /// - Throws: `TransportError` naming the address that cannot be opened, and what to do
    public init(
        configuration: BrokerConfiguration, log: LogWriter, clock: Clock = .system, handlesSignals: Bool = true
    ) throws(TransportError) {
        self.configuration = configuration
        self.log = log
        let signals = handlesSignals ? SignalSource(try Signals()) : nil
        self.signals = signals
        _ = Socket.raiseDescriptorLimit()
        var listeners: [OpenListener] = []
        for listener in configuration.listeners { listeners.append(try OpenListener(listener)) }
        ports = listeners.map { $0.socket.localAddress.port }
        network = try SocketNetwork(listeners: listeners, signals: signals?.signals.descriptor, clock: clock, log: log)
        var random = SystemRandomNumberGenerator()
        tick = Tick(
            core: BrokerCore(
                options: configuration.options, listeners: configuration.listeners.map(\.options), seed: random.next(),
                startedAt: clock.now()))
    }

    /// Makes `run` return, from any thread.
    public var stopper: Stopper { Stopper(request: stopRequest, waker: network.waker) }

    /// Turns the loop until a signal or a `Stopper` ends it; 0.
    ///
    /// - Parameter reload: reads the configuration again, for SIGHUP
    public func run(_ reload: (() throws(ConfigurationError) -> BrokerConfiguration)? = nil) -> Int32 {
        for (listener, port) in zip(configuration.listeners, ports) {
            log.notice(
                .listenerOpened,
                [.listener(listener.name), .number("port", Int(port)), .text("anonymous", listener.options.anonymous ? "yes" : "no")])
        }
        log.notice(.brokerStarted, [.text("version", BrokerVersion.text)])
        while !stopRequest.isMade {
            tick.run(&network)
            if network.hasSignal { takeSignals(reload) }
        }
        log.notice(.brokerStopping)
        tick.handle(.shutdown, &network)
        network.finishLingering()
        log.notice(.brokerStopped)
        return 0
    }

    private func takeSignals(_ reload: (() throws(ConfigurationError) -> BrokerConfiguration)?) {
        network.signalTaken()
        while let signal = signals?.signals.next() {
            switch signal {
            case .terminate, .interrupt: stopRequest.make()
            case .hangup: if let reload { readAgain(reload) }
            }
        }
    }

    /// Applies what can change while the broker runs, and says what cannot.
    private func readAgain(_ reload: () throws(ConfigurationError) -> BrokerConfiguration) {
        do throws(ConfigurationError) {
            let changes = ConfigurationChanges(from: configuration, to: try reload())
            configuration = changes.applied
            log.apply(configuration.log)
            tick.handle(.optionsChanged(configuration.options, listeners: configuration.listeners.map(\.options)), &network)
            log.notice(.configurationReloaded, changes.logFields)
        } catch {
            for problem in error.problems { log.error(.configurationRefused, [.reason(problem.description)]) }
        }
    }
}

/// Makes a running broker stop, from any thread.
public struct Stopper: Sendable {
    let request: StopRequest
    let waker: Waker

    /// Asks the loop to end; `run` returns soon after.
    public func stop() {
        request.make()
        waker.wake()
    }
}

/// The signals of the process, which a broker that is only a part of it leaves alone.
private final class SignalSource {
    let signals: Signals

    init(_ signals: consuming Signals) { self.signals = signals }
}

/// Whether the broker is to stop.
final class StopRequest: Sendable {
    private let made = Locked(false)

    var isMade: Bool { made.withLock { $0 } }
    func make() { made.withLock { $0 = true } }
}
