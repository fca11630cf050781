import MQTTCodec
import Primitives

/// Which shards want messages of which filters.
extension BrokerCore {
    /// Tells every other shard that the first subscription to a filter has come here, or the last has gone. It is posted
    /// before the SUBACK leaves, so that who holds the SUBACK misses nothing that is published after it.
    mutating func tellInterest(in filter: UnsafeRawBufferPointer, isWanted: Bool) {
        for shard in outbox.others {
            outbox.tell(shard, copying: filter) { .interest(filter: $0, isWanted: isWanted) }
        }
    }

    /// Another shard wants messages of a filter from now on, or no longer.
    mutating func noteInterest(of shard: Int, in filter: UnsafeRawBufferPointer, isWanted: Bool) {
        if isWanted {
            let node = subscriptions.trie.insert(filter)
            subscriptions.trie.heads(of: node).pointee.value.peers.insert(shard)
        } else {
            guard let node = subscriptions.trie.find(filter) else { return }
            subscriptions.trie.heads(of: node).pointee.value.peers.remove(shard)
            subscriptions.trie.prune(node)
        }
        filterChanged(filter)
    }
}
