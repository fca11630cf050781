import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Places of shards")
struct ShardPlaceTests {
    @Test("All shards of a broker agree on who belongs where, and count with the same numbers")
    func agreement() {
        let shards = TestShards(3)
        for i in 0..<100 {
            let places = shards.shards.map { shard in "client \(i)".withBytes { shard.tick.core.shard(of: $0) } }
            #expect(Set(places).count == 1)
        }
        _ = shards.connect("a", on: 0)
        _ = shards.connect("b", on: 2)
        #expect(shards.shards.allSatisfy { $0.tick.core.place.common.connections.current == 2 })
    }

    @Test("Connections and sessions are bounded over all shards together, and given back when they end")
    func bounds() {
        var options = TestBroker.quiet
        options.limits.sessions = 2
        let shards = TestShards(2, options: options)
        let first = shards.connect("a", on: 0)
        _ = shards.connect("b", on: 1)
        for shard in 0..<2 {
            let third = shards.open(at: shard)
            shards.send(.connect(.init(version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text("x\(shard)"))), from: third)
            #expect(shards.isClosed(third))
        }
        shards.send(.disconnect(), from: first)
        _ = shards.connect("c", on: 1)
        #expect(shards[0].tick.core.place.common.sessions.current == 2)

        options.limits.connections = 2
        shards.handle(.optionsChanged(options, listeners: [ListenerOptions()]))
        let tooMany = shards.open(at: 0)
        #expect(shards.isClosed(tooMany) && shards.counters.connectionsRefused == 3)
    }
}
