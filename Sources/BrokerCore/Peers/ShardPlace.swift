import Primitives

/// Which of the broker's shards this is, and what all of them share: a key for hashing, and the numbers they count with.
public struct ShardPlace: Sendable {
    /// Shards at most: a set of them is the bits of one number.
    public static let maximumCount = 64

    public var index: Int
    public var count: Int
    /// The same for all shards, so that they agree on who is placed where.
    let hashSeed: UInt64
    let common: CommonUse

    /// The only shard of a broker.
    public static func alone(hashSeed: UInt64) -> ShardPlace { all(count: 1, hashSeed: hashSeed)[0] }

    /// The places of `count` shards, one each; 1...64.
    public static func all(count: Int, hashSeed: UInt64) -> [ShardPlace] {
        precondition(count >= 1 && count <= maximumCount, "1 to 64 shards")
        let common = CommonUse()
        return (0..<count).map { ShardPlace(index: $0, count: count, hashSeed: hashSeed, common: common) }
    }
}

/// What all shards together take of a bound that is the broker's.
struct CommonUse: Sendable {
    let connections = SharedCounter()
    let sessions = SharedCounter()
    let queuedBytes = SharedCounter()
    let unfinishedBytes = SharedCounter()
    /// Numbers given to records on disk.
    let records = SharedCounter()
}
