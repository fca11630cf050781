import MQTTCodec
import Primitives

/// The fixed beginning of a message on disk: 32 bytes, then its claims, topic, properties and payload.
///
/// Times are nanoseconds since 1970, as the clock on the wall shows them: they hold across restarts.
public struct MessageHead: BitwiseCopyable, Hashable, Sendable {
    public var qos: QoS
    /// RETAIN as received.
    public var retain: Bool
    /// Its one claim is that of a Shared Subscription.
    public var isShared: Bool
    public var claimCount: UInt32
    public var topicLength: UInt16
    public var propertiesLength: UInt32
    public var payloadLength: UInt32
    /// `.max`: never.
    public var expires: Int64
    public var arrived: Int64

    public static let bytes = 32

    public init(
        qos: QoS, retain: Bool, isShared: Bool = false, claimCount: UInt32 = 0, topicLength: UInt16, propertiesLength: UInt32,
        payloadLength: UInt32, expires: Int64, arrived: Int64
    ) {
        self.qos = qos
        self.retain = retain
        self.isShared = isShared
        self.claimCount = claimCount
        self.topicLength = topicLength
        self.propertiesLength = propertiesLength
        self.payloadLength = payloadLength
        self.expires = expires
        self.arrived = arrived
    }

    /// Bytes of topic, properties and payload.
    public var contentBytes: Int { Int(topicLength) + Int(propertiesLength) + Int(payloadLength) }

    /// Writes 32 bytes.
    public func write(to target: UnsafeMutableRawPointer) {
        target.storeBytes(of: qos.rawValue | (retain ? 4 : 0) | (isShared ? 8 : 0), as: UInt8.self)
        target.storeBytes(of: 0, toByteOffset: 1, as: UInt8.self)
        target.storeBytes(of: topicLength.bigEndian, toByteOffset: 2, as: UInt16.self)
        target.storeBytes(of: propertiesLength.bigEndian, toByteOffset: 4, as: UInt32.self)
        target.storeBytes(of: payloadLength.bigEndian, toByteOffset: 8, as: UInt32.self)
        target.storeBytes(of: claimCount.bigEndian, toByteOffset: 12, as: UInt32.self)
        target.storeBytes(of: expires.bigEndian, toByteOffset: 16, as: Int64.self)
        target.storeBytes(of: arrived.bigEndian, toByteOffset: 24, as: Int64.self)
    }

    /// nil: there are fewer than 32 bytes, or they are none.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.bytes, bytes[0] & 0xF0 == 0, let qos = QoS(rawValue: bytes[0] & 3) else { return nil }
        self.qos = qos
        retain = bytes[0] & 4 != 0
        isShared = bytes[0] & 8 != 0
        topicLength = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        propertiesLength = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        payloadLength = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        claimCount = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        expires = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: Int64.self))
        arrived = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: Int64.self))
    }
}

/// One Session's right to a message: how it is to be sent, and under which identifier it was.
public struct Claim: Hashable, Sendable {
    public var session: UInt64
    /// 0: not sent yet, or under an identifier that an `ExchangeRecord` tells.
    public var packetID: UInt16
    public var qos: QoS
    public var retain: Bool
    /// Properties to send along, encoded.
    public var identifiers: [UInt8]

    public init(session: UInt64, packetID: UInt16, qos: QoS, retain: Bool, identifiers: [UInt8] = []) {
        self.session = session
        self.packetID = packetID
        self.qos = qos
        self.retain = retain
        self.identifiers = identifiers
    }

    /// Bytes before the identifiers.
    public static let headBytes = 15

    /// Appends a claim's bytes.
    public static func append(
        session: UInt64, packetID: UInt16, qos: QoS, retain: Bool, identifiers: UnsafeRawBufferPointer, to buffer: inout ByteBuffer
    ) {
        let place = buffer.extend(by: headBytes + identifiers.count)
        place.storeBytes(of: session.bigEndian, as: UInt64.self)
        place.storeBytes(of: packetID.bigEndian, toByteOffset: 8, as: UInt16.self)
        place.storeBytes(of: qos.rawValue | (retain ? 4 : 0), toByteOffset: 10, as: UInt8.self)
        place.storeBytes(of: UInt32(identifiers.count).bigEndian, toByteOffset: 11, as: UInt32.self)
        if let base = identifiers.baseAddress { (place + headBytes).copySmall(from: base, byteCount: identifiers.count) }
    }

    public func append(to buffer: inout ByteBuffer) {
        identifiers.withUnsafeBytes {
            Self.append(session: session, packetID: packetID, qos: qos, retain: retain, identifiers: $0, to: &buffer)
        }
    }

    /// The bytes of the one claim of a Shared Subscription.
    public static func appendShared(name: UnsafeRawBufferPointer, filter: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
        buffer.append(UInt16(name.count))
        buffer.append(UInt16(filter.count))
        buffer.append(name)
        buffer.append(filter)
    }
}

/// A message as it lies on disk; the parts borrow the bytes it was read from.
public struct MessageRecord: BitwiseCopyable {
    public let head: MessageHead
    public let claimBytes: UnsafeRawBufferPointer
    public let topic: UnsafeRawBufferPointer
    public let properties: UnsafeRawBufferPointer
    public let payload: UnsafeRawBufferPointer

    /// nil: these bytes are no message that could be sent to a client.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard let head = MessageHead(bytes) else { return nil }
        let contentStart = bytes.count - head.contentBytes
        guard contentStart >= MessageHead.bytes else { return nil }
        self.head = head
        claimBytes = UnsafeRawBufferPointer(rebasing: bytes[MessageHead.bytes..<contentStart])
        let propertiesStart = contentStart + Int(head.topicLength)
        let payloadStart = propertiesStart + Int(head.propertiesLength)
        topic = UnsafeRawBufferPointer(rebasing: bytes[contentStart..<propertiesStart])
        properties = UnsafeRawBufferPointer(rebasing: bytes[propertiesStart..<payloadStart])
        payload = UnsafeRawBufferPointer(rebasing: bytes[payloadStart...])
        guard TopicName.check(topic, controlCharactersAllowed: true) == .valid, PublishProperties.areForwardable(properties) else {
            return nil
        }
    }

    /// Calls `body` with each claim of a Session; false: they are not what they should be.
    public func forEachClaim(_ body: (ClaimView) -> Void) -> Bool {
        var reader = ByteReader(claimBytes)
        if head.isShared { return head.claimCount == 1 && sharedClaim != nil }
        for _ in 0..<head.claimCount {
            guard let claim = ClaimView(&reader) else { return false }
            body(claim)
        }
        return reader.isAtEnd
    }

    /// Share name and filter, if it is a Shared Subscription's; nil as well when they cannot be read.
    public var sharedClaim: (name: UnsafeRawBufferPointer, filter: UnsafeRawBufferPointer)? {
        var reader = ByteReader(claimBytes)
        guard head.isShared, let nameCount = reader.uint16(), let filterCount = reader.uint16(), let name = reader.bytes(Int(nameCount)),
            let filter = reader.bytes(Int(filterCount)), reader.isAtEnd
        else { return nil }
        return (name, filter)
    }
}

/// A `Claim` in place.
public struct ClaimView: BitwiseCopyable {
    public let session: UInt64
    public let packetID: UInt16
    public let qos: QoS
    public let retain: Bool
    public let identifiers: UnsafeRawBufferPointer

    fileprivate init?(_ reader: inout ByteReader) {
        guard let high = reader.uint32(), let low = reader.uint32(), let packetID = reader.uint16(), let flags = reader.uint8(),
            let qos = QoS(rawValue: flags & 3), let count = reader.uint32(), let identifiers = reader.bytes(Int(count)),
            PublishProperties.areSubscriptionIdentifiers(identifiers)
        else { return nil }
        session = UInt64(high) << 32 | UInt64(low)
        self.packetID = packetID
        self.qos = qos
        retain = flags & 4 != 0
        self.identifiers = identifiers
    }

    /// A copy with bytes of its own.
    public var claim: Claim {
        Claim(session: session, packetID: packetID, qos: qos, retain: retain, identifiers: Array(identifiers))
    }
}
