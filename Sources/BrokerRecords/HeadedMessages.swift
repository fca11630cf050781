import Primitives

/// What stands before a Retained Message's `MessageRecord` on disk: 16 bytes.
public struct RetainedHead: BitwiseCopyable, Hashable, Sendable {
    /// Of several of one topic, the highest wins.
    public var version: Int64
    /// A hash of the Client Identifier that published it, under the key of the `PlacementRecord`; 0: none.
    public var publisher: UInt64

    public static let bytes = 16

    public init(version: Int64, publisher: UInt64) {
        self.version = version
        self.publisher = publisher
    }

    /// Writes 16 bytes.
    public func write(to target: UnsafeMutableRawPointer) {
        target.storeBytes(of: version.bigEndian, as: Int64.self)
        target.storeBytes(of: publisher.bigEndian, toByteOffset: 8, as: UInt64.self)
    }

    /// The head, and the message behind it; nil: these bytes are none.
    public static func read(_ bytes: UnsafeRawBufferPointer) -> (RetainedHead, MessageRecord)? {
        var reader = ByteReader(bytes)
        guard let version = reader.uint64(), let publisher = reader.uint64(), let message = MessageRecord(reader.rest()) else { return nil }
        return (RetainedHead(version: Int64(bitPattern: version), publisher: publisher), message)
    }
}

/// What stands before a Will's `MessageRecord` on disk: 25 bytes.
public struct WillHead: BitwiseCopyable, Hashable, Sendable {
    /// 0: one that ends with its connection.
    public var session: UInt64
    /// When its delay began, in nanoseconds since 1970; 0: the client is connected.
    public var startedAt: Int64
    public var delaySeconds: UInt32
    /// Counts from publication; nil: never expires.
    public var messageExpirySeconds: UInt32?

    public static let bytes = 25

    public init(session: UInt64, startedAt: Int64, delaySeconds: UInt32, messageExpirySeconds: UInt32?) {
        self.session = session
        self.startedAt = startedAt
        self.delaySeconds = delaySeconds
        self.messageExpirySeconds = messageExpirySeconds
    }

    /// Writes 25 bytes.
    public func write(to target: UnsafeMutableRawPointer) {
        target.storeBytes(of: session.bigEndian, as: UInt64.self)
        target.storeBytes(of: startedAt.bigEndian, toByteOffset: 8, as: Int64.self)
        target.storeBytes(of: delaySeconds.bigEndian, toByteOffset: 16, as: UInt32.self)
        target.storeBytes(of: messageExpirySeconds == nil ? 0 : 1, toByteOffset: 20, as: UInt8.self)
        target.storeBytes(of: (messageExpirySeconds ?? 0).bigEndian, toByteOffset: 21, as: UInt32.self)
    }

    /// The head, and the message behind it; nil: these bytes are none.
    public static func read(_ bytes: UnsafeRawBufferPointer) -> (WillHead, MessageRecord)? {
        var reader = ByteReader(bytes)
        guard let session = reader.uint64(), let startedAt = reader.uint64(), let delay = reader.uint32(), let expires = reader.uint8(),
            let expiry = reader.uint32(), let message = MessageRecord(reader.rest())
        else { return nil }
        let head = WillHead(
            session: session, startedAt: Int64(bitPattern: startedAt), delaySeconds: delay,
            messageExpirySeconds: expires == 1 ? expiry : nil)
        return (head, message)
    }
}

/// How clients were placed on shards when the store was last in use.
public struct PlacementRecord: Hashable, Sendable {
    public static let key = Array("placement".utf8)

    public var hashSeed: UInt64
    public var shards: UInt16

    public init(hashSeed: UInt64, shards: UInt16) {
        self.hashSeed = hashSeed
        self.shards = shards
    }

    public func append(to buffer: inout ByteBuffer) {
        buffer.append(hashSeed)
        buffer.append(shards)
    }

    /// nil: these bytes are none.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        guard let hashSeed = reader.uint64(), let shards = reader.uint16(), reader.isAtEnd, shards >= 1 else { return nil }
        self.init(hashSeed: hashSeed, shards: shards)
    }
}
