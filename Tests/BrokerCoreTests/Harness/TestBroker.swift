import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

/// The real tick on a virtual network: scripted clients, and time that passes only when a test says so.
///
/// Whatever a client does is dealt with completely before the call returns.
struct TestBroker: ~Copyable {
    /// A client's connection.
    struct Client: Hashable { fileprivate let stream: Int }

    var tick: Tick
    var network: VirtualNetwork
    /// Rows that said nothing when it was started.
    private(set) var unreadable = 0
    private var versions: [Int: ProtocolVersion] = [:]

    init(options: BrokerOptions = TestBroker.quiet, listener: ListenerOptions = ListenerOptions()) {
        self.init(options: options, listeners: [listener])
    }

    init(options: BrokerOptions = TestBroker.quiet, listeners: [ListenerOptions]) {
        let start = Instant(nanoseconds: 1_000_000_000_000)
        tick = Tick(core: BrokerCore(options: options, listeners: listeners, seed: 1, startedAt: start))
        network = VirtualNetwork(startedAt: start)
    }

    /// A broker that is started on what lies on `disk`, so many seconds after the first one was.
    init(
        on disk: TestDisk, durability: Durability = .strict, options: BrokerOptions = TestBroker.quiet,
        listener: ListenerOptions = ListenerOptions(), after seconds: UInt32 = 0
    ) {
        disk.forget()
        let start = Instant(nanoseconds: 1_000_000_000_000).advanced(bySeconds: seconds)
        tick = Tick(
            core: BrokerCore(
                options: options, listeners: [listener], seed: UInt64(seconds) + 1,
                keeping: Keeping(durability: durability, wallOffset: TestBroker.wallOffset), startedAt: start))
        network = VirtualNetwork(startedAt: start, disk: disk)
        tick.core.beginRecovery(disk.placement, aliveAt: disk.aliveAt, at: start)
        disk.forEachRow { tick.core.recover($0, $1, $2) }
        let (changes, unreadable) = tick.core.endRecovery(at: start)
        disk.apply(changes)
        self.unreadable = unreadable
        tick.tellRecovered(&network)
        handle(.recovered)
    }

    /// Nanoseconds since 1970 at `Instant.zero`.
    static let wallOffset: Int64 = 1_600_000_000_000_000_000

    /// The defaults without `$SYS`.
    static var quiet: BrokerOptions {
        var options = BrokerOptions()
        options.systemTopicsSeconds = 0
        return options
    }

    var now: Instant { network.now }
    var counters: Counters { tick.core.counters }

    // Connections

    /// A connection that has not sent anything.
    mutating func open(version: ProtocolVersion = .v5, listener: Int = 0) -> Client {
        let client = Client(stream: network.open(listener: listener))
        versions[client.stream] = version
        settle()
        return client
    }

    /// Connects and takes the CONNACK, which must be a success.
    mutating func connect(
        _ clientID: String, version: ProtocolVersion = .v5, cleanStart: Bool = true, keepAlive: UInt16 = 0, will: ConnectPacket.Will? = nil,
        properties: [Property] = [], listener: Int = 0, sourceLocation: SourceLocation = #_sourceLocation
    ) -> Client {
        var packet = ConnectPacket(version: version, cleanStart: cleanStart, keepAliveSeconds: keepAlive, clientID: UTF8Text(clientID))
        packet.will = will
        packet.properties = PropertyList(properties)
        let (client, connack) = connect(packet, listener: listener)
        #expect(connack?.reasonCode == .success, "\(clientID) was not let in", sourceLocation: sourceLocation)
        return client
    }

    /// Connects and takes the CONNACK, if there is one; what follows it stays for `received`.
    mutating func connect(_ packet: ConnectPacket, listener: Int = 0) -> (client: Client, connack: ConnackPacket?) {
        let client = open(version: packet.version, listener: listener)
        send(.connect(packet), from: client)
        guard let first = takePackets(client, atMost: 1).first, case .connack(let connack) = first else { return (client, nil) }
        return (client, connack)
    }

    /// Comes back to its session, and whether it is there.
    mutating func reconnect(_ clientID: String, _ properties: [Property]) -> (client: Client, sessionPresent: Bool?) {
        var packet = ConnectPacket(version: .v5, cleanStart: false, keepAliveSeconds: 0, clientID: UTF8Text(clientID))
        packet.properties = PropertyList(properties)
        let (client, connack) = connect(packet)
        return (client, connack?.sessionPresent)
    }

    /// The connection breaks, without a word.
    mutating func drop(_ client: Client) {
        network.streams[client.stream].closedByClient = true
        settle()
    }

    /// Whether the broker has closed the connection.
    func isClosed(_ client: Client) -> Bool { network.streams[client.stream].closedByBroker }

    // What a client says and hears

    mutating func send(_ packet: Packet, from client: Client) {
        send([packet], from: client)
    }

    /// Sends packets so that the broker reads them at once.
    mutating func send(_ packets: [Packet], from client: Client) {
        var buffer = ByteBuffer()
        for packet in packets { PacketEncoder.encode(packet, version: versions[client.stream] ?? .v5, into: &buffer) }
        send(bytes: Array(buffer.bytes), from: client)
    }

    mutating func send(bytes: [UInt8], from client: Client) {
        network.streams[client.stream].toBroker.append(contentsOf: bytes)
        settle()
    }

    /// Everything the broker has sent this client since the last call.
    mutating func received(_ client: Client) -> [Packet] { takePackets(client, atMost: .max) }

    /// The messages among what was received; other packets are taken too.
    mutating func messages(_ client: Client) -> [PublishPacket] {
        received(client).compactMap { if case .publish(let publish) = $0 { publish } else { nil } }
    }

    mutating func payloads(_ client: Client) -> [String] {
        messages(client).map { String(decoding: $0.payload, as: UTF8.self) }
    }

    /// The bytes the broker has sent and `received` has not taken.
    func bytes(for client: Client) -> [UInt8] { network.streams[client.stream].toClient }

    private mutating func takePackets(_ client: Client, atMost limit: Int) -> [Packet] {
        Packet.take(from: &network.streams[client.stream].toClient, version: versions[client.stream] ?? .v5, atMost: limit)
    }

    // Slow readers

    /// The client reads nothing: the network takes no more bytes for it.
    mutating func block(_ client: Client) { network.streams[client.stream].room = 0 }

    /// The network takes `count` bytes more for a blocked client.
    mutating func allow(_ count: Int, for client: Client) {
        network.streams[client.stream].room += count
        settle()
    }

    mutating func unblock(_ client: Client) {
        network.streams[client.stream].room = .max
        settle()
    }

    // Time

    /// Lets time pass; whatever is due happens at its moment.
    mutating func advance(seconds: Double) {
        let end = Instant(nanoseconds: network.now.nanoseconds + Int64(seconds * 1_000_000_000))
        while let deadline = tick.nextDeadline, deadline <= end {
            network.now = max(network.now, deadline)
            tick.run(&network)
        }
        network.now = end
        settle()
    }

    /// Tells the broker of something that is not a packet.
    mutating func handle(_ event: Event) {
        tick.handle(event, &network)
        settle()
    }

    /// Runs the tick until nothing is left to do at this moment.
    mutating func settle() {
        repeat { tick.run(&network) } while network.hasSomethingReady || tick.nextDeadline.map { $0 <= network.now } ?? false
    }
}
