import Primitives

/// The tables of a broker's store. Whenever a table, a key or a value changes its form, `formatVersion` goes up.
public enum BrokerTable {
    /// Name → value: `PlacementRecord`.
    public static let meta = Table(0)
    /// Session number → `SessionRecord`.
    public static let sessions = Table(1)
    /// Number → `SubscriptionRecord`.
    public static let subscriptions = Table(2)
    /// Number → `MessageRecord`, behind a `RetainedHead`.
    public static let retained = Table(3)
    /// Number → `MessageRecord` with a claim for each session, or for the Shared Subscription, that has not acknowledged it.
    public static let messages = Table(4)
    /// (Message number, session number) → nothing: one claim of several is settled.
    public static let settled = Table(5)
    /// (Session number, Packet Identifier) → `ExchangeRecord`.
    public static let exchanges = Table(6)
    /// (Session number, Packet Identifier) → nothing: a QoS 2 message that came and is not released [MQTT-4.3.3-10].
    public static let received = Table(7)
    /// Number → `MessageRecord`, behind a `WillHead`.
    public static let wills = Table(8)
    /// (Number, shard) → `MessageRecord`: what that shard has not been seen to deal with, of a QoS 2 message that came elsewhere.
    public static let unconfirmed = Table(9)

    /// The names of the tables, by their places.
    public static let names = [
        "meta", "sessions", "subscriptions", "retained", "messages", "settled", "exchanges", "received", "wills", "unconfirmed",
    ]
    /// What a store of a broker is called.
    public static let formatName = "Martlet store"
    public static let formatVersion: UInt32 = 1
}

/// Keys that are more than one number. Big-endian, so that they stand in the order of the numbers.
public enum RecordKey {
    /// A message and one of its sessions: 16 bytes.
    public static func settled(_ message: UInt64, _ session: UInt64) -> [UInt8] { bytes(message) + bytes(session) }

    /// A session and a Packet Identifier: 10 bytes.
    public static func exchange(_ session: UInt64, _ packetID: UInt16) -> [UInt8] {
        bytes(session) + [UInt8(packetID >> 8), UInt8(packetID & 255)]
    }

    /// A message and a shard: 9 bytes.
    public static func unconfirmed(_ message: UInt64, shard: Int) -> [UInt8] { bytes(message) + [UInt8(shard)] }

    /// A number alone: 8 bytes, the beginning of all keys that have it first.
    public static func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    /// The two numbers of a key of 16 bytes; nil: it is none.
    public static func pair(_ key: UnsafeRawBufferPointer) -> (UInt64, UInt64)? {
        guard key.count == 16 else { return nil }
        return (number(key, at: 0), number(key, at: 8))
    }

    /// Session and Packet Identifier of a key of 10 bytes; nil: it is none.
    public static func exchange(_ key: UnsafeRawBufferPointer) -> (session: UInt64, packetID: UInt16)? {
        guard key.count == 10 else { return nil }
        return (number(key, at: 0), UInt16(bigEndian: key.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
    }

    /// Message and shard of a key of 9 bytes; nil: it is none.
    public static func unconfirmed(_ key: UnsafeRawBufferPointer) -> (message: UInt64, shard: Int)? {
        guard key.count == 9 else { return nil }
        return (number(key, at: 0), Int(key[8]))
    }

    private static func number(_ key: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        UInt64(bigEndian: key.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
