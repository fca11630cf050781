import BrokerCore
import MQTTCodec
import Primitives

/// The tick on a `NullNetwork`, with clients that are numbers: the slots of their connections.
struct NullBroker: ~Copyable {
    private var tick: Tick
    private var network = NullNetwork()

    init(_ configure: (inout BrokerOptions) -> Void = { _ in }) {
        var options = BrokerOptions()
        options.systemTopicsSeconds = 0
        configure(&options)
        tick = Tick(core: BrokerCore(options: options, listeners: [ListenerOptions()], seed: 1, startedAt: network.now))
    }

    var counters: Counters { tick.core.counters }

    /// Connects `count` clients that send nothing else; the number of the first.
    mutating func connect(_ count: Int, version: ProtocolVersion = .v5, prefix: String) -> UInt32 {
        let first = UInt32(network.connections.count)
        network.open(count)
        run()
        for i in 0..<count {
            let packet = ConnectPacket(version: version, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text("\(prefix)-\(i)"))
            send(Wire(.connect(packet), version), from: first + UInt32(i))
        }
        return first
    }

    mutating func subscribe(_ client: UInt32, to filter: String, qos: QoS, version: ProtocolVersion = .v5) {
        let request = SubscribePacket.Request(filter: UTF8Text(filter), options: SubscriptionOptions(maximumQoS: qos))
        send(Wire(.subscribe(SubscribePacket(packetID: 1, requests: [request])), version), from: client)
    }

    /// Sends bytes and lets the broker deal with them.
    mutating func send(_ wire: borrowing Wire, from client: UInt32) {
        network.feed(wire.bytes, to: client)
        run()
    }

    /// Makes bytes ready to be read in the next tick.
    mutating func feed(_ wire: borrowing Wire, from client: UInt32) { network.feed(wire.bytes, to: client) }

    /// Runs the tick until nothing is left to read or to send.
    mutating func run() {
        repeat { tick.run(&network) } while !network.isIdle || tick.nextDeadline.map { $0 <= network.now } ?? false
    }
}

/// Encoded packets that stay where they are.
struct Wire: ~Copyable {
    private var buffer = ByteBuffer()
    private let version: ProtocolVersion

    init(version: ProtocolVersion = .v5) { self.version = version }

    init(_ packet: Packet, _ version: ProtocolVersion = .v5) {
        self.version = version
        append(packet)
    }

    var bytes: UnsafeRawBufferPointer { buffer.bytes }

    mutating func append(_ packet: Packet) { PacketEncoder.encode(packet, version: version, into: &buffer) }

    mutating func append(publish topic: String, payload: Int, qos: QoS = .atMostOnce, id: UInt16 = 1, retain: Bool = false) {
        var packet = PublishPacket(
            topic: UTF8Text(topic), qos: qos, packetID: qos == .atMostOnce ? nil : id, payload: Array(repeating: 0x78, count: payload))
        packet.retain = retain
        append(.publish(packet))
    }

    mutating func append(_ kind: PublishAcknowledgement.Kind, _ id: UInt16) {
        append(.acknowledgement(PublishAcknowledgement(kind, packetID: id)))
    }
}
