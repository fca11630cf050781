import Primitives

/// What this shard has to tell the others, until the tick posts it: a batch or more for each.
struct PeerOutbox: ~Copyable {
    let own: Int
    /// Every other shard.
    let others: PeerSet
    /// Messages of this size on are shared with the receiver instead of copied.
    static let shareThreshold = 1_024
    /// Read batches to keep, of all lanes together.
    private static let spareLimit = 128

    private struct Lane {
        /// Being filled.
        var open: PeerBatch?
        var closed: [PeerBatch] = []
        /// Of what has not been posted, in bytes.
        var weight = 0
    }

    private var lanes: [Lane]
    /// Batches that have been read, to be filled again.
    private var spare: [PeerBatch] = []
    /// Shards with something to be posted.
    private(set) var touched = PeerSet()
    /// Shards that have not taken as much as they should; only the tick knows when they have.
    var full = PeerSet()
    /// Of these, who was told more since this was last emptied: the client that caused it has to wait.
    var crowded = PeerSet()
    /// Bytes that may wait for one shard.
    var laneBytes: Int

    init(_ place: ShardPlace, laneBytes: Int) {
        own = place.index
        others = .others(of: place)
        lanes = Array(repeating: Lane(), count: place.count)
        self.laneBytes = laneBytes
    }

    deinit {
        for lane in lanes {
            for batch in lane.closed { batch.discard { _ in } }
            lane.open?.discard { _ in }
        }
        for batch in spare { batch.deallocate() }
    }

    /// A message without bytes.
    mutating func tell(_ shard: Int, _ message: PeerMessage) {
        let batch = batch(for: shard, byteCount: 0)
        batch.append(message)
        grew(shard, by: MemoryLayout<PeerMessage>.stride)
    }

    /// A message that names a value.
    mutating func tell<Value: BitwiseCopyable>(_ shard: Int, beside value: Value, _ make: (UnsafePointer<Value>) -> PeerMessage) {
        let size = MemoryLayout<Value>.size
        let batch = batch(for: shard, byteCount: size)
        batch.append(make(batch.store(value)))
        grew(shard, by: MemoryLayout<PeerMessage>.stride + size)
    }

    /// A message that names bytes: `make` gets a copy of them that crosses with it.
    mutating func tell(_ shard: Int, copying bytes: UnsafeRawBufferPointer, _ make: (UnsafeRawBufferPointer) -> PeerMessage) {
        let batch = batch(for: shard, byteCount: bytes.count)
        let copy = batch.reserve(bytes.count)
        UnsafeMutableRawBufferPointer(start: copy, count: bytes.count).copyMemory(from: bytes)
        batch.append(make(UnsafeRawBufferPointer(start: copy, count: bytes.count)))
        grew(shard, by: MemoryLayout<PeerMessage>.stride + bytes.count)
    }

    /// A PUBLISH: its parts are copied; those of a large message, which has a body of its own, are shared.
    @inline(__always) mutating func publish(_ message: Message, sequence: UInt64, to shard: Int) {
        if let body = message.body, message.size >= Self.shareThreshold {
            body.retain()
            batch(for: shard, byteCount: 0).append(.publish(message, sequence: sequence), sharing: message.size)
        } else {
            let size = message.copySize
            let batch = batch(for: shard, byteCount: size)
            batch.append(.publish(message.copied(to: batch.reserve(size)), sequence: sequence))
        }
        grew(shard, by: MemoryLayout<PeerMessage>.stride + message.size)
    }

    /// A message to be retained: one body for all shards. One that clears has none.
    mutating func retained(_ message: Message, _ beside: RetainedCrossing, to shard: Int) {
        var crossing = message
        let size = MemoryLayout<RetainedCrossing>.size
        let batch = batch(for: shard, byteCount: message.body == nil ? message.copySize + size : size)
        if let body = message.body {
            body.retain()
        } else {
            crossing = message.copied(to: batch.reserve(message.copySize))
        }
        batch.append(.retained(crossing, batch.store(beside)), sharing: message.body == nil ? 0 : message.size)
        grew(shard, by: MemoryLayout<PeerMessage>.stride + size + message.size)
    }

    /// A message of a Shared Subscription between its owner and a member.
    mutating func give(
        _ message: Message, _ giving: Giving, to shard: Int, _ make: (Message, UnsafePointer<Giving>) -> PeerMessage
    ) {
        let size = MemoryLayout<Giving>.size
        var crossing = message
        let shared = message.size >= Self.shareThreshold ? message.body : nil
        let batch = batch(for: shard, byteCount: shared == nil ? message.copySize + size : size)
        if let shared {
            shared.retain()
        } else {
            crossing = message.copied(to: batch.reserve(message.copySize))
        }
        batch.append(make(crossing, batch.store(giving)), sharing: shared == nil ? 0 : message.size)
        grew(shard, by: MemoryLayout<PeerMessage>.stride + size + message.size)
    }

    /// A batch for `shard` though there is nothing to tell: its head alone is of use.
    mutating func touch(_ shard: Int) { _ = batch(for: shard, byteCount: 0) }

    /// A batch of this shard's that has been read.
    mutating func reuse(_ batch: PeerBatch) {
        guard batch.isOrdinary, spare.count < Self.spareLimit else { return batch.deallocate() }
        batch.empty()
        spare.append(batch)
    }

    /// Everything for one shard, in order, each batch with the clock.
    mutating func takeBatches(for shard: Int, clock: Int64) -> [PeerBatch] {
        var batches = lanes[shard].closed
        if let open = lanes[shard].open { batches.append(open) }
        for batch in batches { batch.clock = clock }
        lanes[shard] = Lane()
        touched.remove(shard)
        return batches
    }

    @inline(__always) private mutating func batch(for shard: Int, byteCount: Int) -> PeerBatch {
        if let open = lanes[shard].open, open.hasRoom(byteCount) { return open }
        return begin(shard, byteCount)
    }

    private mutating func begin(_ shard: Int, _ byteCount: Int) -> PeerBatch {
        if let open = lanes[shard].open { lanes[shard].closed.append(open) }
        let fresh: PeerBatch
        if full.contains(shard) {
            // Who is behind already is told what has to be told in as little memory as it takes.
            fresh = PeerBatch(from: own, byteCount: byteCount, isTight: true)
        } else if !spare.isEmpty, PeerBatch.isOrdinary(byteCount) {
            fresh = spare.removeLast()
        } else {
            fresh = PeerBatch(from: own, byteCount: byteCount)
        }
        lanes[shard].open = fresh
        touched.insert(shard)
        return fresh
    }

    @inline(__always) private mutating func grew(_ shard: Int, by bytes: Int) {
        lanes[shard].weight += bytes
        if full.contains(shard) {
            crowded.insert(shard)
        } else if lanes[shard].weight > laneBytes {
            full.insert(shard)
            crowded.insert(shard)
        }
    }
}
