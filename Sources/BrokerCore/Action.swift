import MQTTCodec

/// What the core asks for. Trivial values: they can be compared, recorded and replayed.
public enum Action: BitwiseCopyable, Sendable {
    /// Write a PUBLISH; the message is held for this action and released when it is carried out.
    case publish(PublishAction)
    /// Write PUBACK, PUBREC, PUBREL or PUBCOMP.
    /// `isPromise`: not before what it promises is on disk.
    case acknowledge(
        connection: UInt32, kind: PublishAcknowledgement.Kind, packetID: UInt16, reasonCode: ReasonCode, isPromise: Bool = false)
    case pingResponse(connection: UInt32)
    /// Write a packet of the tick's side table.
    case send(connection: UInt32, packet: UInt32, isPromise: Bool)
    /// Write what is pending, then close. `lingers`: the client may still be writing, and must be able to read the end.
    case close(connection: UInt32, lingers: Bool)
}

/// A PUBLISH to one connection.
public struct PublishAction: BitwiseCopyable, Sendable {
    public var connection: UInt32
    public var message: UInt32
    /// A set of the core's; 0: none.
    public var subscriptionIdentifiers: UInt32
    /// 0 at QoS 0.
    public var packetID: UInt16
    /// 0: none.
    public var topicAlias: UInt16
    /// The Topic Alias stands for the Topic Name.
    public var omitsTopic: Bool
    public var qos: QoS
    public var dup: Bool
    public var retain: Bool
    /// Not before its identifier is on disk: at QoS 2 the client would take another message for this one [MQTT-4.3.3-10].
    public var isPromise = false
}

/// The actions of a tick with the packets they name; its owner carries them out and empties it.
public struct Actions: ~Copyable {
    private var storage: UnsafeMutablePointer<Action>
    private var capacity = 1_024
    public private(set) var count = 0
    public private(set) var packets: [Packet] = []

    public init() { storage = .allocate(capacity: capacity) }
    deinit { storage.deallocate() }

    public var isEmpty: Bool { count == 0 }

    @inline(__always) public subscript(_ index: Int) -> Action {
        precondition(index >= 0 && index < count, "no such action")
        return storage[index]
    }

    @inline(__always) public mutating func append(_ action: Action) {
        if count == capacity { grow() }
        (storage + count).initialize(to: action)
        count += 1
    }

    /// Asks for a rare packet to be written, and keeps it in the side table.
    public mutating func send(_ packet: Packet, to connection: UInt32, isPromise: Bool = false) {
        append(.send(connection: connection, packet: UInt32(packets.count), isPromise: isPromise))
        packets.append(packet)
    }

    public mutating func removeAll() {
        count = 0
        if !packets.isEmpty { packets.removeAll(keepingCapacity: true) }
    }

    private mutating func grow() {
        let wider = UnsafeMutablePointer<Action>.allocate(capacity: capacity * 2)
        wider.moveInitialize(from: storage, count: count)
        storage.deallocate()
        storage = wider
        capacity *= 2
    }
}
