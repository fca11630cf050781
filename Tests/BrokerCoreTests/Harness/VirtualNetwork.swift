import BrokerCore
import Primitives

/// A network without sockets: byte streams between scripted clients and a tick, and a clock that moves when told.
struct VirtualNetwork: NetworkPort, MailboxPort, StoragePort {
    /// One byte stream in each direction.
    struct Stream {
        /// The client's number for it; none: it has gone to another shard.
        var client: Int?
        var listener: Int
        var slot: UInt32?
        var generation: UInt32 = 0
        /// Bytes on their way to the broker.
        var toBroker: [UInt8] = []
        var read = 0
        /// Bytes on their way to the client, until it takes them.
        var toClient: [UInt8] = []
        /// How many bytes the network takes before the client reads again.
        var room = Int.max
        var isWatched = true
        var wantsWritable = false
        var closedByClient = false
        /// The broker has been told of the end, and has not closed yet.
        var endWasRead = false
        var closedByBroker = false
        var lingered = false
    }

    var now: Instant
    var streams: [Stream] = []
    private(set) var notices: [Notice] = []
    /// Streams by the broker's names for them.
    private var bySlot: [UInt32: Int] = [:]
    private var waiting: [Int: [Int]] = [:]
    /// The other shards'; nil: there are none.
    let mailboxes: VirtualMailboxes?
    let shard: Int
    /// nil: nothing is kept.
    let disk: TestDisk?

    init(startedAt now: Instant, mailboxes: VirtualMailboxes? = nil, disk: TestDisk? = nil, shard: Int = 0) {
        self.disk = disk
        self.now = now
        self.mailboxes = mailboxes
        self.shard = shard
    }

    mutating func open(listener: Int, client: Int? = nil) -> Int {
        streams.append(Stream(client: client, listener: listener))
        waiting[listener, default: []].append(streams.count - 1)
        return streams.count - 1
    }

    mutating func takeNotices() -> [Notice] {
        defer { notices = [] }
        return notices
    }

    var hasSomethingReady: Bool {
        disk?.hasReports(for: shard) ?? false || waiting.values.contains { !$0.isEmpty }
            || streams.contains { isReadable($0) || isWritable($0) }
    }

    private func isReadable(_ stream: Stream) -> Bool {
        stream.slot != nil && !stream.closedByBroker && stream.isWatched
            && (stream.read < stream.toBroker.count || (stream.closedByClient && !stream.endWasRead))
    }

    private func isWritable(_ stream: Stream) -> Bool {
        stream.slot != nil && !stream.closedByBroker && stream.wantsWritable && (stream.room > 0 || stream.closedByClient)
    }

    mutating func poll(until deadline: Instant?, into ready: inout [ReadyEvent]) {
        for (listener, accepts) in waiting.sorted(by: { $0.key < $1.key }) where !accepts.isEmpty { ready.append(.listener(listener)) }
        for stream in streams {
            guard let slot = stream.slot, isReadable(stream) || isWritable(stream) else { continue }
            ready.append(.connection(slot, generation: stream.generation, readable: isReadable(stream), writable: isWritable(stream)))
        }
    }

    mutating func accept(from listener: Int) -> Int32? {
        guard let first = waiting[listener]?.first else { return nil }
        waiting[listener]?.removeFirst()
        return Int32(first)
    }

    mutating func admit(_ accepted: Int32, as connection: UInt32, generation: UInt32) {
        streams[Int(accepted)].slot = connection
        streams[Int(accepted)].generation = generation
        bySlot[connection] = Int(accepted)
    }

    mutating func reject(_ accepted: Int32) { streams[Int(accepted)].closedByBroker = true }

    mutating func receive(_ connection: UInt32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let i = bySlot[connection] else { return -2 }
        let left = streams[i].toBroker.count - streams[i].read
        if left == 0 {
            guard streams[i].closedByClient else { return -1 }
            streams[i].endWasRead = true
            return 0
        }
        let count = min(left, buffer.count)
        buffer.copyBytes(from: streams[i].toBroker[streams[i].read..<streams[i].read + count])
        streams[i].read += count
        if streams[i].read == streams[i].toBroker.count {
            streams[i].toBroker.removeAll(keepingCapacity: true)
            streams[i].read = 0
        }
        return count
    }

    mutating func send(_ connection: UInt32, _ slices: UnsafeBufferPointer<OutputSlice>) -> Int {
        guard let i = bySlot[connection], !streams[i].closedByClient else { return -2 }
        var taken = 0
        for slice in slices {
            let count = min(slice.count, streams[i].room)
            streams[i].toClient.append(contentsOf: UnsafeRawBufferPointer(start: slice.base, count: count))
            if streams[i].room != .max { streams[i].room -= count }
            taken += count
            if count < slice.count { break }
        }
        return taken == 0 ? -1 : taken
    }

    mutating func watch(_ connection: UInt32, readable: Bool, writable: Bool) {
        guard let i = bySlot[connection] else { return }
        streams[i].isWatched = readable
        streams[i].wantsWritable = writable
    }

    mutating func giveUp(_ connection: UInt32) -> Int32 {
        guard let i = bySlot.removeValue(forKey: connection), let mailboxes else { return -1 }
        mailboxes.moving.append(streams[i])
        streams[i] = Stream(listener: 0)
        return Int32(mailboxes.moving.count - 1)
    }

    mutating func adopt(_ name: Int32, listener: Int, as connection: UInt32, generation: UInt32) {
        guard let mailboxes else { return }
        streams.append(mailboxes.moving[Int(name)])
        mailboxes.moving[Int(name)] = Stream(listener: 0)
        admit(Int32(streams.count - 1), as: connection, generation: generation)
    }

    mutating func close(_ connection: UInt32, lingers: Bool) {
        guard let i = bySlot.removeValue(forKey: connection) else { return }
        streams[i].closedByBroker = true
        streams[i].lingered = lingers
        streams[i].slot = nil
    }

    mutating func report(_ notice: Notice) { notices.append(notice) }

    var wallOffset: Int64? { disk.map { TestBroker.wallOffset + $0.clockStep } }
    mutating func commit(_ batch: WriteBatch, number: UInt64) { disk?.commit(batch, number: number, of: shard) }
    mutating func load(_ request: LoadRequest) { disk?.load(request, for: shard) }
    mutating func drain(into reports: inout [StorageReport]) { disk?.drain(shard, into: &reports) }

    mutating func post(_ batch: PeerBatch, to other: Int) -> PeerBatch? { mailboxes?.post(batch, from: shard, to: other) }
    mutating func drain(into batches: inout [PeerBatch]) { mailboxes?.drain(shard, into: &batches) }
    mutating func hasRoom(for other: Int, limit: Int) -> Bool { mailboxes?.hasRoom(from: shard, to: other, limit: limit) ?? true }
}

extension VirtualNetwork {
    /// Why connections were refused since notices were last taken.
    mutating func takeRefusals() -> [Refusal] {
        takeNotices().compactMap { if case .clientRefused(_, _, let refusal) = $0 { refusal } else { nil } }
    }

    /// Why clients' connections ended since notices were last taken.
    mutating func takeCauses() -> [DisconnectCause] {
        takeNotices().compactMap { if case .clientDisconnected(_, _, let cause) = $0 { cause } else { nil } }
    }
}
