import MQTTCodec

/// What a client costs that does nothing.
enum MemoryBenchmarks {
    static func all() -> [Measurement] { [connections("an idle connection", subscribed: false), connections("the same with a subscription", subscribed: true)] }

    private static func connections(_ name: String, subscribed: Bool) -> Measurement {
        var broker = NullBroker()
        _ = broker.connect(100, prefix: "first")
        let result = heapBytes(name, of: 10_000) {
            let first = broker.connect(10_000, prefix: "client")
            guard subscribed else { return }
            for i in 0..<10_000 as Range<UInt32> { broker.subscribe(first + i, to: "clients/\(i)/commands", qos: .atLeastOnce) }
        }
        broker.run()
        return result
    }
}
