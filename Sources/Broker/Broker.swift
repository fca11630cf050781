import BrokerCore
import Glibc
import Primitives
import Storage
import Transport

/// The broker: opens its listeners, turns its loops, stops in order.
///
/// The first loop runs on the thread that calls `run`, with `pin_loops` on one processor from then on, and each other one
/// on a thread of its own; `BrokerThread` gives the first one a thread, too.
public final class Broker {
    /// The actual ports, in the order of the configuration's listeners.
    public let ports: [UInt16]

    private var configuration: BrokerConfiguration
    private let log: LogWriter
    private var shard: Shard
    private let orders: ShardOrders
    private var others: [ShardThread] = []
    private let signals: SignalSource?
    /// nil: nothing is kept.
    private let store: BrokerStore?

    /// Opens all listeners, or none. Clients are served from `run` on.
    ///
    /// - Parameter handlesSignals: SIGTERM and SIGINT stop `run`, SIGHUP reads the configuration again
    /// - Throws: the address or the data directory that cannot be opened, and what to do
    public init(
        configuration: BrokerConfiguration, log: LogWriter, clock: Clock = .system, handlesSignals: Bool = true
    ) throws(BrokerStartError) {
        self.configuration = configuration
        self.log = log
        do throws(TransportError) {
            // Before any thread is started, that of the store among them.
            let signals = handlesSignals ? SignalSource(try Signals()) : nil
            self.signals = signals
        } catch {
            throw .network(error)
        }
        let store = try Self.openStore(configuration.persistence, clock: clock, log: log)
        self.store = store
        do throws(TransportError) {
            _ = Socket.raiseDescriptorLimit()
            var listeners: [OpenListener] = []
            for listener in configuration.listeners { listeners.append(try OpenListener(listener)) }
            ports = listeners.map { $0.socket.localAddress.port }
            let plans = try ShardPlan.all(configuration, listeners: listeners, store: store, clock: clock, log: log)
            orders = plans[0].orders
            shard = try Shard(plans[0], signals: signals?.signals.descriptor)
            for plan in plans.dropFirst() { others.append(try ShardThread(plan)) }
        } catch {
            throw .network(error)
        }
    }

    private static func openStore(
        _ configuration: PersistenceConfiguration, clock: Clock, log: LogWriter
    ) throws(BrokerStartError) -> BrokerStore? {
        guard configuration.isOn else { return nil }
        do throws(StorageError) {
            return try BrokerStore(configuration, in: configuration.directory, clock: clock, log: log)
        } catch {
            throw .storage(error)
        }
    }

    /// Makes `run` return, from any thread.
    public var stopper: Stopper { Stopper(orders: orders) }

    /// Turns the loops until a signal or a `Stopper` ends them; 0, or 1 if its store cannot be read. To be
    /// called once.
    ///
    /// - Parameter reload: reads the configuration again, for SIGHUP
    public func run(_ reload: (() throws(ConfigurationError) -> BrokerConfiguration)? = nil) -> Int32 {
        for (listener, port) in zip(configuration.listeners, ports) {
            log.notice(
                .listenerOpened,
                [.listener(listener.name), .number("port", Int(port)), .text("anonymous", listener.options.anonymous ? "yes" : "no")])
        }
        log.notice(.brokerStarted, [.text("version", BrokerVersion.text), .number("loops", configuration.loops)])
        if let store, let recovery = shard.recovery { store.tell(recovery.feeds, log) }
        for other in others { other.begin() }
        shard.settle()
        let isRecovered = shard.recover { [signals, orders] in Self.endRecovery(signals, store, orders) }
        while isRecovered, shard.turn() {
            if shard.network.hasSignal { takeSignals(reload) }
        }
        log.notice(.brokerStopping)
        // All at once, so that clients which are slow to go are waited for at the same time.
        for other in others { other.stop() }
        shard.end()
        others.removeAll()
        store?.close()
        log.notice(.brokerStopped)
        return isRecovered ? 0 : 1
    }

    /// Who is to end while the disk does not take what a start has to write ends without.
    private static func endRecovery(_ signals: SignalSource?, _ store: BrokerStore?, _ orders: ShardOrders) {
        while let signal = signals?.signals.next() {
            guard signal != .hangup else { continue }
            orders.give(.stop)
            store?.giveUp()
        }
    }

    private func takeSignals(_ reload: (() throws(ConfigurationError) -> BrokerConfiguration)?) {
        shard.signalsTaken()
        while let signal = signals?.signals.next() {
            switch signal {
            case .terminate, .interrupt: orders.give(.stop)
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
            change()
            log.notice(.configurationReloaded, changes.logFields)
        } catch {
            for problem in error.problems { log.error(.configurationRefused, [.reason(problem.description)]) }
        }
    }

    /// Returns when every shard decides by the configuration as it is now.
    private func change() {
        let (options, listeners) = (configuration.options, configuration.listeners.map(\.options))
        let done = Semaphore()
        for other in others { other.orders.give(.change(options, listeners: listeners, done: done)) }
        shard.change(options, listeners: listeners)
        for _ in others { done.wait() }
    }
}

/// Makes a running broker stop, from any thread.
public struct Stopper: Sendable {
    let orders: ShardOrders

    /// Asks the broker to end; `run` returns soon after.
    public func stop() { orders.give(.stop) }
}

/// The signals of the process, which a broker that is only a part of it leaves alone.
private final class SignalSource {
    let signals: Signals

    init(_ signals: consuming Signals) { self.signals = signals }
}
