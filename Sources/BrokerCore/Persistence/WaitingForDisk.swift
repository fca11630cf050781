/// How far the disk is behind what this shard has asked it for.
extension BrokerCore {
    /// The batches up to this one are on disk.
    mutating func committed(upTo batch: UInt64) {
        journal.wasCommitted(batch)
        answerHeld(upTo: batch)
        if !isDiskBehind { outbox.full.remove(place.index) }
    }

    /// More is under way to the disk than should be.
    var isDiskBehind: Bool { journal.uncommittedBytes + journal.extent > options.limits.uncommittedBytes }

    /// The client whose message was too much is not read from until the disk has caught up: as with a shard that is
    /// behind, and this shard's own place among them says so.
    mutating func waitForDisk() {
        outbox.full.insert(place.index)
        outbox.crowded.insert(place.index)
    }
}
