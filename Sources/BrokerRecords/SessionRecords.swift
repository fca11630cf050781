import MQTTCodec
import Primitives

/// A Session on disk [MQTT5 §4.1]: what belongs to it lies in other tables under its number.
public struct SessionRecord: Hashable, Sendable {
    /// Seconds after its connection ends; .max: never.
    public var expirySeconds: UInt32
    /// When its connection ended, in nanoseconds since 1970; 0: it has one.
    public var disconnectedAt: Int64
    public var clientID: [UInt8]

    public init(expirySeconds: UInt32, disconnectedAt: Int64, clientID: [UInt8]) {
        self.expirySeconds = expirySeconds
        self.disconnectedAt = disconnectedAt
        self.clientID = clientID
    }

    public func append(to buffer: inout ByteBuffer) {
        buffer.append(expirySeconds)
        buffer.append(UInt64(bitPattern: disconnectedAt))
        buffer.append(clientID)
    }

    /// nil: these bytes are none.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        guard let expirySeconds = reader.uint32(), let disconnectedAt = reader.uint64() else { return nil }
        self.init(
            expirySeconds: expirySeconds, disconnectedAt: Int64(bitPattern: disconnectedAt), clientID: Array(reader.rest()))
    }
}

/// A subscription on disk.
public struct SubscriptionRecord: Hashable, Sendable {
    public var session: UInt64
    /// Subscription Identifier; 0: none.
    public var identifier: UInt32
    public var maximumQoS: QoS
    public var noLocal: Bool
    public var retainAsPublished: Bool
    /// The Topic Filter as the client wrote it, `$share/…` included.
    public var filter: [UInt8]

    public init(session: UInt64, identifier: UInt32, maximumQoS: QoS, noLocal: Bool, retainAsPublished: Bool, filter: [UInt8]) {
        self.session = session
        self.identifier = identifier
        self.maximumQoS = maximumQoS
        self.noLocal = noLocal
        self.retainAsPublished = retainAsPublished
        self.filter = filter
    }

    public func append(to buffer: inout ByteBuffer) {
        buffer.append(session)
        buffer.append(identifier)
        buffer.append(maximumQoS.rawValue | (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0))
        buffer.append(filter)
    }

    /// nil: these bytes are none.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        guard let session = reader.uint64(), let identifier = reader.uint32(), let flags = reader.uint8(),
            let maximumQoS = QoS(rawValue: flags & 3)
        else { return nil }
        self.init(
            session: session, identifier: identifier, maximumQoS: maximumQoS, noLocal: flags & 4 != 0, retainAsPublished: flags & 8 != 0,
            filter: Array(reader.rest()))
    }
}

/// A Packet Identifier in use towards a client, where the message's claim does not tell it.
public struct ExchangeRecord: Hashable, Sendable {
    /// The message's number; also the exchange's place in the order of sending.
    public var message: UInt64
    /// PUBREC has come; the message is no longer there.
    public var isReleased: Bool
    public var qos: QoS
    public var retain: Bool
    /// Properties to send along, encoded.
    public var identifiers: [UInt8]

    public init(message: UInt64, isReleased: Bool, qos: QoS, retain: Bool, identifiers: [UInt8] = []) {
        self.message = message
        self.isReleased = isReleased
        self.qos = qos
        self.retain = retain
        self.identifiers = identifiers
    }

    public func append(to buffer: inout ByteBuffer) {
        buffer.append(message)
        buffer.append(qos.rawValue | (retain ? 4 : 0) | (isReleased ? 8 : 0))
        buffer.append(identifiers)
    }

    /// nil: these bytes are none.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        guard let message = reader.uint64(), let flags = reader.uint8(), let qos = QoS(rawValue: flags & 3) else { return nil }
        let identifiers = reader.rest()
        guard PublishProperties.areSubscriptionIdentifiers(identifiers) else { return nil }
        self.init(message: message, isReleased: flags & 8 != 0, qos: qos, retain: flags & 4 != 0, identifiers: Array(identifiers))
    }
}
