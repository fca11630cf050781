import BrokerCore
import Primitives

/// The mailboxes of all shards: memory, so what is posted is there for the next who looks. Batches of one sender come in
/// their order; those of several are mixed anew each time.
final class VirtualMailboxes {
    private struct Lane {
        var batches: [PeerBatch] = []
        /// Bytes that wait.
        var weight = 0
        /// The sender has found it full.
        var isAwaited = false
    }

    /// By receiver, then by sender.
    private var lanes: [[Lane]]
    private var woken: [Bool]
    private var random: SeededRandom
    /// The most that ever waited in one lane, in bytes.
    private(set) var heaviest = 0

    init(shards: Int, random: SeededRandom) {
        lanes = Array(repeating: Array(repeating: Lane(), count: shards), count: shards)
        woken = Array(repeating: false, count: shards)
        self.random = random
    }

    deinit {
        for lane in lanes.joined() {
            for batch in lane.batches { batch.discard { _ in } }
        }
    }

    func hasMail(for shard: Int) -> Bool { lanes[shard].contains { !$0.batches.isEmpty } }

    /// Whether a lane that `shard` found full has been emptied since.
    func isWoken(_ shard: Int) -> Bool { woken[shard] }

    /// `shard` is awake now.
    func wakes(_ shard: Int) { woken[shard] = false }

    func post(_ batch: PeerBatch, from sender: Int, to receiver: Int) {
        lanes[receiver][sender].batches.append(batch)
        lanes[receiver][sender].weight += batch.weight
        heaviest = max(heaviest, lanes[receiver][sender].weight)
    }

    func drain(_ shard: Int, into batches: inout [PeerBatch]) {
        var waiting = lanes[shard]
        for (sender, lane) in waiting.enumerated() {
            if lane.isAwaited { woken[sender] = true }
            lanes[shard][sender] = Lane()
        }
        while true {
            let senders = waiting.indices.filter { !waiting[$0].batches.isEmpty }
            guard !senders.isEmpty else { return }
            batches.append(waiting[random.pick(senders)].batches.removeFirst())
        }
    }

    func hasRoom(from sender: Int, for receiver: Int, limit: Int) -> Bool {
        if lanes[receiver][sender].weight < limit { return true }
        lanes[receiver][sender].isAwaited = true
        return false
    }
}
