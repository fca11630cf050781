import Primitives
import Synchronization

@testable import BrokerCore
@testable import Primitives

/// The mailboxes of several shards on one thread. Who is not turned takes nothing out of his.
final class VirtualMailboxes {
    private var batches: [[PeerBatch]]
    /// Bytes by sender and receiver.
    private var weights: [[Int]]
    private var awaited: [[Bool]]
    /// Shards that wait no longer for room.
    private(set) var woken: Set<Int> = []
    /// Connections on their way from one shard to another.
    var moving: [VirtualNetwork.Stream] = []
    /// Every receiver is so quick that its mailbox is empty when a sender asks for room.
    var isTakenAtOnce = false
    /// Lanes whose batches do not arrive.
    private var held: [(sender: Int, receiver: Int)] = []

    init(_ count: Int) {
        batches = Array(repeating: [], count: count)
        weights = Array(repeating: Array(repeating: 0, count: count), count: count)
        awaited = Array(repeating: Array(repeating: false, count: count), count: count)
    }

    deinit {
        for batch in batches.joined() { batch.discard { _ in } }
    }

    func isEmpty(_ shard: Int) -> Bool { batches[shard].allSatisfy { isHeld($0, shard) } }
    private func isHeld(_ batch: PeerBatch, _ receiver: Int) -> Bool { held.contains { $0 == (batch.sender, receiver) } }

    /// What a sender posts to a receiver does not arrive until `release`.
    func hold(from sender: Int, to receiver: Int) { held.append((sender, receiver)) }
    func release() { held = [] }
    func weight(from sender: Int, to receiver: Int) -> Int { weights[sender][receiver] }

    /// What waits for a shard, message by message.
    func waiting(for shard: Int) -> [PeerMessage] { batches[shard].flatMap { batch in (0..<batch.count).map { batch[$0] } } }

    func post(_ batch: PeerBatch, from sender: Int, to receiver: Int) {
        batches[receiver].append(batch)
        weights[sender][receiver] += batch.weight
    }

    func drain(_ shard: Int, into taken: inout [PeerBatch]) {
        woken.remove(shard)
        taken += batches[shard].filter { !isHeld($0, shard) }
        batches[shard].removeAll { !isHeld($0, shard) }
        for sender in weights.indices where !held.contains(where: { $0 == (sender, shard) }) {
            weights[sender][shard] = 0
            if awaited[sender][shard] { woken.insert(sender) }
            awaited[sender][shard] = false
        }
    }

    func hasRoom(from sender: Int, to receiver: Int, limit: Int) -> Bool {
        if isTakenAtOnce || weights[sender][receiver] < limit { return true }
        awaited[sender][receiver] = true
        return false
    }
}

extension SharedBytes {
    /// Whether nobody else has these bytes.
    var isLastUse: Bool { users.pointee.load(ordering: .relaxed) == 1 }
}
