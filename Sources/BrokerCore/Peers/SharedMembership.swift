import MQTTCodec
import Primitives

/// One membership in a Shared Subscription of another shard, by the name its own shard has for it.
struct Membership: BitwiseCopyable {
    /// The subscription's slot, and its generation there.
    var slot: UInt32
    var generation: UInt32
}

/// What the owner of a Shared Subscription knows of a member that another shard has.
struct RemoteMember: BitwiseCopyable {
    let shard: Int
    let membership: Membership
    /// The member's row in the owner's table.
    var subscription = Subscription.none
    var state = MemberState()
    /// Messages given that take a place in its quota.
    var given: UInt32 = 0

    /// Given, and not known to have arrived when the state was told.
    private var onTheWay: Int { Int(given &- state.taken) }
    /// Messages it can take, as far as is known.
    var room: Int { state.isConnected ? Int(state.room) - onTheWay : 0 }
    var inFlight: Int { Int(state.inFlight) + onTheWay }
}

/// How a member stands, as its own shard tells the owner.
struct MemberState: BitwiseCopyable, Equatable {
    /// Messages taken so far, of those that need a place in its quota.
    var taken: UInt32 = 0
    /// How many more it can take, and how many it has not acknowledged.
    var room: UInt32 = 0
    var inFlight: UInt32 = 0
    var isConnected = false
    var takesAtMostOnce = false
}

/// What a shard remembers of its member of another shard's Shared Subscription: filed under its subscription.
struct Joined: BitwiseCopyable {
    var taken: UInt32 = 0
    var told = MemberState()
}

/// A message on its way from the owner of a Shared Subscription to a member, or back.
struct Giving: BitwiseCopyable {
    var membership: Membership
    /// The owner's name for the group.
    var group: UInt32
    var groupGeneration: UInt32
    /// In the order of the group.
    var place: UInt32
    /// The owner has counted it against the member's quota.
    var needsQuota = false
    /// Nothing comes back after it: now others can be given it, and what came back before, in order.
    var isLast = true
}

/// The members that other shards have of this shard's Shared Subscriptions.
struct RemoteMembers: ~Copyable {
    private var rows = SlotTable<RemoteMember>()
    private var index: [UInt64: UInt32] = [:]
    /// Their subscriptions hang together as a session's do.
    var firstSubscription = Subscription.none

    var count: Int { rows.count }

    func find(_ membership: Membership, of shard: Int) -> UInt32? { index[Self.key(membership, shard)] }
    func pointer(to row: UInt32) -> UnsafeMutablePointer<RemoteMember> { rows.pointer(to: row) }

    mutating func insert(_ member: RemoteMember) -> UInt32 {
        let row = rows.insert(member)
        index[Self.key(member.membership, member.shard)] = row
        return row
    }

    mutating func remove(_ row: UInt32) {
        index[Self.key(rows[row].membership, rows[row].shard)] = nil
        rows.remove(row)
    }

    /// Those that `shard` has.
    func all(of shard: Int) -> [UInt32] {
        (0..<rows.end).filter { rows.isUsed($0) && rows[$0].shard == shard }
    }

    // A shard tells that a subscription has left before its slot is another's.
    private static func key(_ membership: Membership, _ shard: Int) -> UInt64 { UInt64(shard) << 32 | UInt64(membership.slot) }
}
