import MQTTCodec
import Primitives

/// Who belongs to which shard: the Client Identifier decides, so that session, takeover and flows are one shard's alone.
extension BrokerCore {
    /// The shard of a client.
    public func shard(of clientID: UnsafeRawBufferPointer) -> Int {
        // Who has no name yet gets one that belongs here.
        guard place.count > 1, !clientID.isEmpty, let start = clientID.baseAddress else { return place.index }
        return shard(hash(start, clientID.count))
    }

    /// The shard that owns a Shared Subscription.
    func shard(ofGroup shareName: UnsafeRawBufferPointer, on filter: UnsafeRawBufferPointer) -> Int {
        guard place.count > 1, let name = shareName.baseAddress, let start = filter.baseAddress else { return place.index }
        return shard(hash(hash(name, shareName.count) ^ hash(start, filter.count)))
    }

    private func shard(_ hashed: UInt64) -> Int { Int(hashed.multipliedFullWidth(by: UInt64(place.count)).high) }

    /// The connection goes to the shard of its client: nothing of it stays here.
    mutating func giveUp(_ connection: UInt32) {
        timers.cancel(connections[connection].timer)
        connections.remove(connection)
    }
}
