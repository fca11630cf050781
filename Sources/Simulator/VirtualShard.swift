import BrokerCore
import Primitives

/// One shard of the broker with its port, where a thread would be.
final class VirtualShard {
    let index: Int
    let port: VirtualShardPort
    var tick: Tick
    /// In the middle of a tick.
    private(set) var isRunning = false
    /// Until then it does nothing, whatever comes.
    var stalledUntil = Instant.zero

    init(_ core: consuming BrokerCore, _ port: VirtualShardPort) {
        index = port.shard
        self.port = port
        tick = Tick(core: core)
    }

    /// When a thread that waits for nothing else would go on by itself.
    var deadline: Instant? { tick.nextDeadline }
    var hasMoreToSend: Bool { tick.nextDeadline == .zero }
    /// Whether a thread that waits would go on now.
    var hasWork: Bool { !isRunning && (port.hasReady || port.isSpokenTo || (tick.nextDeadline ?? .never) <= port.now) }

    /// Others have told it something that it has not dealt with.
    var isToldMore: Bool { port.isSpokenTo || tick.hasNewcomers }

    /// The shard whose client has this Client Identifier.
    func place(of clientID: String) -> Int { Array(clientID.utf8).withUnsafeBytes { tick.core.shard(of: $0) } }

    /// After a recovery, before any shard runs.
    func begin() {
        var port = port
        isRunning = true
        defer { isRunning = false }
        tick.tellRecovered(&port)
    }

    /// After a recovery, when each shard has run.
    func recovered() {
        var port = port
        isRunning = true
        defer { isRunning = false }
        tick.handle(.recovered, &port)
    }

    func run(_ reading: VirtualShardPort.Reading) {
        var port = port
        port.reading = reading
        isRunning = true
        defer { isRunning = false }
        tick.run(&port)
    }
}
