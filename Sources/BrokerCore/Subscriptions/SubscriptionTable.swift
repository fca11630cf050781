import MQTTCodec
import Primitives

/// All subscriptions: by filter, by session, and each one by (session, filter, share name).
struct SubscriptionTable: ~Copyable {
    var trie: SubscriptionTrie
    var groups = SlotTable<SharedSubscription>()
    private var slots = SlotTable<Subscription>()
    private var index = HashIndex()
    /// Groups by filter and share name: one filter may have many.
    private var groupIndex = HashIndex()
    private let hash: ByteHash
    /// Whose groups are linked to their filters.
    private let shard: Int
    /// Non-shared subscriptions, and memberships of Shared Subscriptions.
    private(set) var plainCount = 0
    private(set) var sharedCount = 0

    init(hash: ByteHash, shard: Int) {
        self.hash = hash
        self.shard = shard
        trie = SubscriptionTrie(hash: hash)
    }

    deinit {
        for group in 0..<groups.end where groups.isUsed(group) {
            groups[group].shareName.release()
            groups.pointer(to: group).pointee.pending.deallocate()
        }
    }

    @inline(__always) func pointer(to slot: UInt32) -> UnsafeMutablePointer<Subscription> { slots.pointer(to: slot) }

    /// Whether `slot` is still the subscription it was under this generation.
    func isUsed(_ slot: UInt32, generation: UInt32) -> Bool { slots.isUsed(slot) && slots.generation(of: slot) == generation }
    func generation(of slot: UInt32) -> UInt32 { slots.generation(of: slot) }

    /// The subscription of `session` to the filter at `node` (in `group`), if there is one.
    func find(session: UInt32, node: UInt32, group: UInt32) -> UInt32? {
        index.find(key(session, node, group)) { slot in
            let candidate = slots.pointer(to: slot)
            return !candidate.pointee.isRemote && candidate.pointee.session == session && candidate.pointee.node == node
                && candidate.pointee.group == group
        }
    }

    /// Adds a subscription, as the first of its filter or the last of its group; `sessionHead` is that of its session's list.
    mutating func insert(_ subscription: Subscription, sessionHead: inout UInt32) -> UInt32 {
        var added = subscription
        added.nextOfSession = sessionHead
        added.previousOfSession = Subscription.none
        let slot = slots.insert(added)
        if added.group == Subscription.none { linkFirst(slot) } else { linkLast(slot) }
        if sessionHead != Subscription.none { slots[sessionHead].previousOfSession = slot }
        sessionHead = slot
        index.insert(key(added.session, added.node, added.group), slot)
        if subscription.group == Subscription.none { plainCount += 1 } else { sharedCount += 1 }
        return slot
    }

    /// Removes a subscription from all its lists; the caller prunes its filter.
    mutating func remove(_ slot: UInt32, sessionHead: inout UInt32) {
        let removed = slots[slot]
        let head = listHead(of: removed)
        if removed.previous == Subscription.none { head.pointee = removed.next } else { slots[removed.previous].next = removed.next }
        if removed.next != Subscription.none {
            slots[removed.next].previous = removed.previous
        } else if removed.group != Subscription.none {
            groups[removed.group].lastMember = removed.previous
        }
        if removed.previousOfSession == Subscription.none {
            sessionHead = removed.nextOfSession
        } else {
            slots[removed.previousOfSession].nextOfSession = removed.nextOfSession
        }
        if removed.nextOfSession != Subscription.none { slots[removed.nextOfSession].previousOfSession = removed.previousOfSession }
        index.remove(key(removed.session, removed.node, removed.group), slot)
        slots.remove(slot)
        if removed.group == Subscription.none { plainCount -= 1 } else { sharedCount -= 1 }
    }

    /// The Shared Subscription of this name on the filter at `node`, if there is one.
    func findGroup(named shareName: UnsafeRawBufferPointer, at node: UInt32) -> UInt32? {
        groupIndex.find(groupKey(shareName, node)) { group in
            groups[group].node == node && groups[group].shareName.holds(shareName)
        }
    }

    /// A member comes to a Shared Subscription.
    func joined(_ group: UInt32, isDurable: Bool) {
        groups.pointer(to: group).pointee.memberCount += 1
        if isDurable { groups.pointer(to: group).pointee.durableMembers += 1 }
    }

    /// A Shared Subscription that is not there yet, without members.
    mutating func insertGroup(named shareName: UnsafeRawBufferPointer, at node: UInt32, owner: Int) -> UInt32 {
        let heads = trie.heads(of: node)
        let next = owner == shard ? heads.pointee.value.groups : Subscription.none
        let group = groups.insert(
            SharedSubscription(shareName: SharedBytes(copying: shareName), owner: owner, node: node, next: next))
        if owner == shard {
            if next != Subscription.none { groups[next].previous = group }
            heads.pointee.value.groups = group
        } else {
            heads.pointee.value.joined += 1
        }
        groupIndex.insert(groupKey(shareName, node), group)
        return group
    }

    /// Removes a Shared Subscription in which nothing waits; the caller prunes its filter.
    mutating func removeGroup(_ group: UInt32) {
        let removed = groups[group]
        if removed.owner != shard {
            trie.heads(of: removed.node).pointee.value.joined -= 1
        } else if removed.previous == Subscription.none {
            trie.heads(of: removed.node).pointee.value.groups = removed.next
        } else {
            groups[removed.previous].next = removed.next
        }
        if removed.next != Subscription.none { groups[removed.next].previous = removed.previous }
        groupIndex.remove(groupKey(removed.shareName.buffer, removed.node), group)
        removed.shareName.release()
        groups.pointer(to: group).pointee.pending.deallocate()
        groups.remove(group)
    }

    private func groupKey(_ shareName: UnsafeRawBufferPointer, _ node: UInt32) -> UInt64 {
        let name = shareName.baseAddress.map { hash($0, shareName.count) } ?? 0
        return hash(name ^ UInt64(node))
    }

    private mutating func linkFirst(_ slot: UInt32) {
        let head = listHead(of: slots[slot])
        slots[slot].next = head.pointee
        slots[slot].previous = Subscription.none
        if head.pointee != Subscription.none { slots[head.pointee].previous = slot }
        head.pointee = slot
    }

    private mutating func linkLast(_ slot: UInt32) {
        let group = groups.pointer(to: slots[slot].group)
        slots[slot].next = Subscription.none
        slots[slot].previous = group.pointee.lastMember
        if group.pointee.lastMember == Subscription.none {
            group.pointee.firstMember = slot
        } else {
            slots[group.pointee.lastMember].next = slot
        }
        group.pointee.lastMember = slot
    }

    private func listHead(of subscription: Subscription) -> UnsafeMutablePointer<UInt32> {
        if subscription.group != Subscription.none {
            return groups.pointer(to: subscription.group).pointer(to: \.firstMember).unsafelyUnwrapped
        }
        return trie.heads(of: subscription.node).pointer(to: \.value.subscriptions).unsafelyUnwrapped
    }

    private func key(_ session: UInt32, _ node: UInt32, _ group: UInt32) -> UInt64 {
        hash((UInt64(session) << 32 | UInt64(node)) ^ UInt64(group &+ 1) &* 0x9E37_79B9_7F4A_7C15)
    }
}
