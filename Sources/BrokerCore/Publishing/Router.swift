import MQTTCodec
import MQTTSession
import Primitives

/// Who a Topic Name goes to, remembered: topic → receivers, until a subscription changes that could match it.
struct Router: ~Copyable {
    struct Receiver: BitwiseCopyable {
        /// A session, or a Shared Subscription.
        var target: UInt32
        var identifiers: UInt32
        /// The highest of all matching subscriptions [MQTT-3.3.4-2].
        var qos: QoS
        var isGroup: Bool
        var retainAsPublished: Bool
        /// Some matching subscription has No Local.
        var noLocal: Bool
    }

    struct Entry: BitwiseCopyable {
        var topic: SharedBytes
        var hash: UInt64
        var generation: UInt32
        var count: UInt32 = 0
        var capacity: UInt32 = 0
        var receivers: UnsafeMutablePointer<Receiver>?
        /// Other shards with receivers.
        var peers = PeerSet()

        /// What it takes of the router's memory.
        var bytes: Int { topic.count + Int(capacity) * MemoryLayout<Receiver>.stride }
    }

    /// Topics remembered at most.
    var maximum: Int
    /// Bytes a topic may take on average, its receivers included: nobody fills the memory with long or much-read topics.
    private static let bytesPerTopic = 1_024
    private var entries = SlotTable<Entry>()
    private var index = HashIndex()
    private var generation: UInt32 = 1
    private var hand: UInt32 = 0
    private(set) var bytes = 0
    private let hash: ByteHash

    init(hash: ByteHash, maximum: Int) {
        self.hash = hash
        self.maximum = maximum
    }

    deinit {
        for slot in 0..<entries.end where entries.isUsed(slot) {
            entries[slot].topic.release()
            entries[slot].receivers?.deallocate()
        }
    }

    var count: Int { entries.count }

    /// Sets of Subscription Identifiers that are kept for topics resolved once, whether or not they still hold.
    var identifierSetCount: Int {
        var sets = 0
        for slot in 0..<entries.end where entries.isUsed(slot) {
            let receivers = UnsafeBufferPointer(start: entries[slot].receivers, count: Int(entries[slot].count))
            for receiver in receivers where receiver.identifiers != 0 { sets += 1 }
        }
        return sets
    }

    @inline(__always) func hashOf(_ topic: UnsafeRawBufferPointer) -> UInt64 { hash(topic.baseAddress.unsafelyUnwrapped, topic.count) }

    @inline(__always) func find(_ topic: UnsafeRawBufferPointer, _ hashed: UInt64) -> UInt32? {
        index.find(hashed) { slot in
            let entry = entries.pointer(to: slot)
            return entry.pointee.hash == hashed && entry.pointee.topic.count == topic.count
                && ByteComparison.isEqual(entry.pointee.topic.bytes, topic.baseAddress.unsafelyUnwrapped, topic.count)
        }
    }

    @inline(__always) func entry(_ slot: UInt32) -> UnsafeMutablePointer<Entry> { entries.pointer(to: slot) }
    @inline(__always) func isCurrent(_ slot: UInt32) -> Bool { entries.pointer(to: slot).pointee.generation == generation }

    /// A subscription with wildcards came or went: it may concern every topic.
    mutating func forgetAll() { generation &+= 1 }

    /// A subscription to just this topic came or went.
    func forget(_ topic: UnsafeRawBufferPointer) {
        if let slot = find(topic, hashOf(topic)) { entries.pointer(to: slot).pointee.generation = generation &- 1 }
    }

    /// An entry without receivers for `topic`; the one found, or a new one, in place of another when there are too many.
    mutating func renew(_ topic: UnsafeRawBufferPointer, _ hashed: UInt64, _ found: UInt32?, _ sets: inout SubscriptionIdentifierSets)
        -> UInt32
    {
        if let found {
            empty(found, &sets)
            entries[found].generation = generation
            makeRoom(0, besides: found, &sets)
            return found
        }
        makeRoom(1, besides: nil, &sets)
        let slot = entries.insert(Entry(topic: SharedBytes(copying: topic), hash: hashed, generation: generation))
        index.insert(hashed, slot)
        bytes += topic.count
        return slot
    }

    mutating func append(_ receiver: Receiver, to slot: UInt32) {
        let entry = entries.pointer(to: slot)
        if entry.pointee.count == entry.pointee.capacity {
            let wider = max(1, entry.pointee.capacity * 2)
            let fresh = UnsafeMutablePointer<Receiver>.allocate(capacity: Int(wider))
            if let old = entry.pointee.receivers {
                fresh.moveInitialize(from: old, count: Int(entry.pointee.count))
                old.deallocate()
            }
            bytes += Int(wider - entry.pointee.capacity) * MemoryLayout<Receiver>.stride
            entry.pointee.receivers = fresh
            entry.pointee.capacity = wider
        }
        entry.pointee.receivers.unsafelyUnwrapped[Int(entry.pointee.count)] = receiver
        entry.pointee.count += 1
    }

    private mutating func empty(_ slot: UInt32, _ sets: inout SubscriptionIdentifierSets) {
        let entry = entries.pointer(to: slot)
        for i in 0..<Int(entry.pointee.count) { sets.release(entry.pointee.receivers.unsafelyUnwrapped[i].identifiers) }
        entry.pointee.count = 0
        entry.pointee.peers = PeerSet()
    }

    /// Removes entries until `more` fit within both bounds; the last one, or the one besides which they go, stays.
    private mutating func makeRoom(_ more: Int, besides kept: UInt32?, _ sets: inout SubscriptionIdentifierSets) {
        let least = kept == nil ? 0 : 1
        while entries.count > least, entries.count + more > maximum || bytes > maximum * Self.bytesPerTopic {
            remove(nextVictim(besides: kept), &sets)
        }
    }

    /// A stale entry if the hand soon meets one, otherwise the next it meets.
    private mutating func nextVictim(besides kept: UInt32?) -> UInt32 {
        var steps = 0
        while true {
            hand = hand + 1 >= entries.end ? 0 : hand + 1
            steps += 1
            if entries.isUsed(hand), hand != kept, !isCurrent(hand) || steps >= 16 { return hand }
        }
    }

    private mutating func remove(_ victim: UInt32, _ sets: inout SubscriptionIdentifierSets) {
        empty(victim, &sets)
        let entry = entries[victim]
        bytes -= entry.bytes
        index.remove(entry.hash, victim)
        entry.topic.release()
        entry.receivers?.deallocate()
        entries.remove(victim)
    }
}

extension BrokerCore {
    /// The router's entry for `topic`, resolved from the subscription trie unless it is current.
    @inline(__always) mutating func resolve(_ topic: UnsafeRawBufferPointer) -> UInt32 {
        let hashed = router.hashOf(topic)
        let found = router.find(topic, hashed)
        if let found, router.isCurrent(found) { return found }
        return resolveAnew(topic, hashed, found)
    }

    private mutating func resolveAnew(_ topic: UnsafeRawBufferPointer, _ hashed: UInt64, _ found: UInt32?) -> UInt32 {
        let entry = router.renew(topic, hashed, found, &identifierSets)
        resolveMark &+= 1
        matches.removeAll(keepingCapacity: true)
        subscriptions.trie.match(topic, into: &matches)
        for heads in matches {
            router.entry(entry).pointee.peers.formUnion(heads.peers)
            var slot = heads.subscriptions
            while slot != Subscription.none {
                let subscription = subscriptions.pointer(to: slot)
                add(subscription.pointee, to: entry)
                slot = subscription.pointee.next
            }
            var group = heads.groups
            while group != Subscription.none {
                router.append(
                    Router.Receiver(
                        target: group, identifiers: 0, qos: .exactlyOnce, isGroup: true, retainAsPublished: false, noLocal: false),
                    to: entry)
                group = subscriptions.groups[group].next
            }
        }
        return entry
    }

    /// One receiver a session, however many of its subscriptions match.
    private mutating func add(_ subscription: Subscription, to entry: UInt32) {
        let session = sessions.pointer(to: subscription.session)
        if session.pointee.resolveMark == resolveMark {
            let receiver = router.entry(entry).pointee.receivers.unsafelyUnwrapped + Int(session.pointee.resolveIndex)
            receiver.pointee.qos = max(receiver.pointee.qos, subscription.maximumQoS)
            receiver.pointee.retainAsPublished = receiver.pointee.retainAsPublished || subscription.retainAsPublished
            receiver.pointee.noLocal = receiver.pointee.noLocal || subscription.noLocal
            receiver.pointee.identifiers = identifierSets.adding(subscription.identifier, to: receiver.pointee.identifiers)
        } else {
            session.pointee.resolveMark = resolveMark
            session.pointee.resolveIndex = router.entry(entry).pointee.count
            router.append(
                Router.Receiver(
                    target: subscription.session, identifiers: identifierSets.make(subscription.identifier),
                    qos: subscription.maximumQoS, isGroup: false, retainAsPublished: subscription.retainAsPublished,
                    noLocal: subscription.noLocal),
                to: entry)
        }
    }

    /// What a session gets of its own messages: as if its No Local subscriptions did not exist [MQTT-3.8.3-3].
    /// The set in the result has a use that the caller ends.
    mutating func receiverWithoutNoLocal(_ session: UInt32, _ topic: UnsafeRawBufferPointer) -> Router.Receiver? {
        var result: Router.Receiver?
        matches.removeAll(keepingCapacity: true)
        subscriptions.trie.match(topic, into: &matches)
        for heads in matches {
            var slot = heads.subscriptions
            while slot != Subscription.none {
                let subscription = subscriptions.pointer(to: slot).pointee
                slot = subscription.next
                guard subscription.session == session, !subscription.noLocal else { continue }
                var receiver =
                    result
                    ?? Router.Receiver(
                        target: session, identifiers: 0, qos: .atMostOnce, isGroup: false, retainAsPublished: false, noLocal: false)
                receiver.qos = max(receiver.qos, subscription.maximumQoS)
                receiver.retainAsPublished = receiver.retainAsPublished || subscription.retainAsPublished
                receiver.identifiers = identifierSets.adding(subscription.identifier, to: receiver.identifiers)
                result = receiver
            }
        }
        return result
    }

    /// The router forgets what a change of this filter may concern.
    mutating func filterChanged(_ filter: UnsafeRawBufferPointer) {
        if filter.contains(UInt8(ascii: "+")) || filter.contains(UInt8(ascii: "#")) {
            router.forgetAll()
        } else {
            router.forget(filter)
        }
    }
}
