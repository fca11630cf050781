import Transport

/// A broker on threads of its own, for programs and tests that have something else to do.
public final class BrokerThread: Sendable {
    /// The actual ports, in the order of the configuration's listeners.
    public let ports: [UInt16]

    private let stopper: Stopper
    private let hasEnded = Semaphore()

    /// Returns when the listeners are open.
    ///
    /// - Throws: `BrokerStartError` naming the address that cannot be opened, and what to do
    public init(configuration: BrokerConfiguration, log: LogWriter, clock: Clock = .system) throws(BrokerStartError) {
        let start = ThreadStart<(ports: [UInt16], stopper: Stopper), BrokerStartError>()
        let ended = hasEnded
        do throws(TransportError) {
            _ = try Thread(name: "broker") {
                do throws(BrokerStartError) {
                    let broker = try Broker(configuration: configuration, log: log, clock: clock, handlesSignals: false)
                    start.decide(.success((broker.ports, broker.stopper)))
                    _ = broker.run()
                } catch {
                    start.decide(.failure(error))
                }
                ended.signal()
            }
        } catch {
            throw .network(error)
        }
        (ports, stopper) = try start.outcome()
    }

    /// Disconnects every client and waits until its threads are done. To be called once.
    public func stop() {
        stopper.stop()
        hasEnded.wait()
    }
}
