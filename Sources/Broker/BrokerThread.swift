import Transport

/// A broker on a thread of its own, for programs and tests that have something else to do.
public final class BrokerThread: Sendable {
    /// The actual ports, in the order of the configuration's listeners.
    public let ports: [UInt16]

    private let stopper: Stopper
    private let hasEnded = Semaphore()

    /// Returns when the listeners are open.
    ///
    /// - Throws: `TransportError` naming the address that cannot be opened, and what to do
    public init(configuration: BrokerConfiguration, log: LogWriter, clock: Clock = .system) throws(TransportError) {
        let start = BrokerStart()
        let ended = hasEnded
        _ = try Thread(name: "broker") {
            do throws(TransportError) {
                let broker = try Broker(configuration: configuration, log: log, clock: clock, handlesSignals: false)
                start.decide(.success((broker.ports, broker.stopper)))
                _ = broker.run()
            } catch {
                start.decide(.failure(error))
            }
            ended.signal()
        }
        (ports, stopper) = try start.outcome()
    }

    /// Disconnects every client and waits until the thread is done. To be called once.
    public func stop() {
        stopper.stop()
        hasEnded.wait()
    }
}

/// Whether a broker on another thread has started.
private final class BrokerStart: Sendable {
    typealias Outcome = Result<(ports: [UInt16], stopper: Stopper), TransportError>

    private let decided = Locked<Outcome?>(nil)
    private let isDecided = Semaphore()

    func decide(_ outcome: Outcome) {
        decided.withLock { $0 = outcome }
        isDecided.signal()
    }

    func outcome() throws(TransportError) -> (ports: [UInt16], stopper: Stopper) {
        while true {
            isDecided.wait()
            if let outcome = decided.withLock({ $0 }) { return try outcome.get() }
        }
    }
}
