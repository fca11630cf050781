import MQTTCodec
import MQTTSession
import Primitives

/// The messages that are accepted and not yet through: in flight, waiting in their order, and, with a store, some that are only there.
struct Outbox {
    /// One message in memory.
    struct Entry {
        var publication: Publication
        var sequence: UInt64
        var weight: Int
        /// Who is told when it is through.
        var completion: Operation
        /// What PUBREC said.
        var reasonCode = ReasonCode.success
    }

    /// What is to be sent once a batch is committed.
    struct Held: BitwiseCopyable {
        enum Kind: BitwiseCopyable { case publish, pubrel, unnumbered }
        var kind: Kind
        /// Of an exchange.
        var packetID: UInt16
        /// Of a message with QoS 0.
        var slot: UInt32
        var batch: UInt64
    }

    let limits: OutboxLimits
    private var entries: [Entry?] = []
    private var free: [UInt32] = []
    /// Slots of messages without an exchange, in their order.
    var waiting = RingQueue<UInt32>()
    private(set) var waitingBytes = 0
    var held = RingQueue<Held>()

    /// Accepted and not yet through.
    private(set) var count = 0
    /// What they weigh.
    private(set) var bytes = 0
    private(set) var lastSequence: UInt64 = 0

    // With a store
    var hasStore = false
    /// Messages that are in the store only, all behind the waiting ones.
    var spilled = 0
    /// The last message that was in memory.
    var lastInMemory: UInt64 = 0
    /// The last message of an earlier run.
    private var lastRestored: UInt64 = 0
    var isLoading = false
    /// Who waits for messages that are in the store only.
    var spilledCompletions: [UInt64: Operation] = [:]
    var changes: [OutboxChange] = []
    /// The batch that is on its way to the store; the next one follows when it is safe.
    var inDoubt: [OutboxChange] = []
    /// When a store that failed is asked again; until then nothing is.
    var retryDue = Instant.never
    private(set) var issued: UInt64 = 0
    var committed: UInt64 = 0
    var acceptances: [(batch: UInt64, operation: Operation)] = []

    init(limits: OutboxLimits) { self.limits = limits }

    /// The batch after which everything that has changed is safe.
    var batch: UInt64 { changes.isEmpty ? issued : issued + 1 }

    /// The message in a slot.
    subscript(slot: UInt32) -> Entry? { entries[Int(slot)] }

    /// PUBREC has come: the message itself is no longer needed [MQTT-4.3.3-5].
    mutating func release(_ slot: UInt32, _ reasonCode: ReasonCode) {
        entries[Int(slot)]?.publication.payload = []
        entries[Int(slot)]?.reasonCode = reasonCode
    }

    /// A message that is only in the store is of no use and no longer counts.
    mutating func dropSpilled(_ weight: Int) {
        count -= 1
        bytes -= weight
        spilled -= 1
    }

    mutating func change(_ change: @autoclosure () -> OutboxChange) {
        if hasStore { changes.append(change()) }
    }

    mutating func nextSequence() -> UInt64 {
        lastSequence += 1
        return lastSequence
    }

    /// Keeps a message; it counts from now on.
    mutating func insert(_ entry: Entry, isCounted: Bool = false) -> UInt32 {
        if !isCounted {
            count += 1
            bytes += entry.weight
        }
        guard let slot = free.popLast() else {
            entries.append(entry)
            return UInt32(entries.count - 1)
        }
        entries[Int(slot)] = entry
        return slot
    }

    /// A message is through, or dropped.
    mutating func remove(_ slot: UInt32) -> Entry? {
        guard let entry = entries[Int(slot)] else { return nil }
        entries[Int(slot)] = nil
        free.append(slot)
        bytes -= entry.weight
        count -= 1
        if count == 0 { (entries, free) = ([], []) }
        return entry
    }

    /// A message that is in the store only counts as well.
    mutating func countSpilled(_ more: Int, _ weight: Int) {
        count += more
        spilled += more
        bytes += weight
    }

    mutating func wait(_ slot: UInt32) {
        waitingBytes += entries[Int(slot)]?.weight ?? 0
        waiting.append(slot)
    }

    /// Puts a message before all that wait.
    mutating func waitFirst(_ slot: UInt32) {
        waitingBytes += entries[Int(slot)]?.weight ?? 0
        waiting.prepend(slot)
    }

    /// Puts messages, in their order, before all that wait but those that are older.
    mutating func waitAgain(_ slots: [UInt32]) {
        guard let last = slots.last.flatMap({ self[$0]?.sequence }) else { return }
        var slots = slots
        while !waiting.isEmpty, let sequence = self[waiting[0]]?.sequence, sequence < last, let slot = takeWaiting() { slots.append(slot) }
        slots.sort { (self[$0]?.sequence ?? 0) < (self[$1]?.sequence ?? 0) }
        for slot in slots.reversed() { waitFirst(slot) }
    }

    mutating func takeWaiting() -> UInt32? {
        guard let slot = waiting.popFirst() else { return nil }
        waitingBytes -= entries[Int(slot)]?.weight ?? 0
        return slot
    }

    /// The changes since the last time, and their number. The last ones do not wait for what is in doubt.
    mutating func takeChanges(areLast: Bool) -> (changes: [OutboxChange], number: UInt64)? {
        guard !changes.isEmpty, areLast || inDoubt.isEmpty && retryDue == .never else { return nil }
        issued += 1
        (inDoubt, changes) = (changes, [])
        return (inDoubt, issued)
    }

    /// Takes a waiting message out, wherever it stands.
    mutating func removeWaiting(_ sequence: UInt64) -> UInt32? {
        guard let place = (0..<waiting.count).first(where: { entries[Int(waiting[$0])]?.sequence == sequence }) else { return nil }
        let slot = waiting[place]
        for index in place..<waiting.count - 1 { waiting[index] = waiting[index + 1] }
        waiting.removeLast()
        waitingBytes -= entries[Int(slot)]?.weight ?? 0
        return slot
    }

    /// Takes out a message with QoS 0 that is held back; what else is held has an exchange.
    mutating func removeHeld(_ sequence: UInt64) -> UInt32? {
        let isIt = { (held: Held, entries: [Entry?]) in held.kind == .unnumbered && entries[Int(held.slot)]?.sequence == sequence }
        guard let place = (0..<held.count).first(where: { isIt(held[$0], entries) }) else { return nil }
        let slot = held[place].slot
        for index in place..<held.count - 1 { held[index] = held[index + 1] }
        held.removeLast()
        return slot
    }

    /// The store could not be read: later.
    mutating func loadFailed(at now: Instant) {
        isLoading = false
        retryDue = now.advanced(bySeconds: Self.retrySeconds)
    }

    /// Until a store that failed is asked again.
    static let retrySeconds: UInt32 = 1

    mutating func restored(_ stored: StoredOutbox) {
        hasStore = true
        lastSequence = stored.lastSequence
        lastRestored = stored.lastSequence
        // What waits is younger than what is under way.
        lastInMemory = stored.exchanges.last?.sequence ?? 0
    }

    /// What a stored message counts for: that of an earlier run was counted by its stored form.
    func weight(_ message: StoredMessage, _ publication: Publication?) -> Int {
        guard let publication, message.sequence > lastRestored else { return message.content.count }
        return publication.weight
    }

    /// Everybody who waits.
    mutating func removeOperations() -> [Operation] {
        var operations = acceptances.map(\.operation) + spilledCompletions.values
        acceptances.removeAll()
        spilledCompletions.removeAll()
        for index in entries.indices {
            if let completion = entries[index]?.completion { operations.append(completion) }
            entries[index]?.completion = .nobody
        }
        return operations
    }
}

/// What is to be sent again on a connection that continues a Session.
struct Resending {
    /// Packet Identifiers in the order in which their exchanges were started.
    var packetIDs: [UInt16] = []
    var position = 0

    var next: UInt16? { position < packetIDs.count ? packetIDs[position] : nil }
}
