import Broker

/// From start to stop: the broker's threads and its log's.
struct RunningBroker: Sendable {
    private let broker: BrokerThread
    private let log: LogWriter

    init(_ configuration: BrokerConfiguration) throws(MQTTTestServerError) {
        log = LogWriter(configuration: configuration.log)
        do {
            broker = try BrokerThread(configuration: configuration, log: log)
        } catch {
            log.close()
            throw MQTTTestServerError(reason: error.description)
        }
    }

    var ports: [UInt16] { broker.ports }

    func stop() {
        broker.stop()
        log.close()
    }
}
