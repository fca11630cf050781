import MQTTCodec
import Primitives

@testable import BrokerCore

/// libFuzzer's way in: the input is a script of a few clients, played against the whole tick.
///
/// A packet is sent by the client at hand, which connects first if it has not; bytes that begin with a zero half,
/// which no packet does, are commands of two bytes. What must hold: nothing traps, whatever the broker sends can be
/// read again, and when everybody has gone nothing is left but what is retained.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzBroker(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var script = Script()
    var input = UnsafeRawBufferPointer(start: start, count: count)
    while !input.isEmpty {
        let length = script.play(input)
        input = UnsafeRawBufferPointer(rebasing: input.dropFirst(length))
    }
    script.end()
    return 0
}

struct Script: ~Copyable {
    private var tick: Tick
    private var network = FuzzNetwork()
    private var client = 0

    init() {
        var restricted = ListenerOptions()
        restricted.slowConsumer = .disconnect
        restricted.maximumQoS = .atLeastOnce
        restricted.wildcardSubscriptionAvailable = false
        restricted.sharedSubscriptionAvailable = false
        restricted.subscriptionIdentifierAvailable = false
        var resending = ListenerOptions()
        resending.resendSeconds = 3
        resending.controlCharactersAllowed = true
        resending.slowConsumer = .dropNewest
        tick = Tick(
            core: BrokerCore(
                options: Self.options, listeners: [ListenerOptions(), resending, restricted], seed: 1, startedAt: network.now))
    }

    /// Bounds so low that a short script meets them.
    private static var options: BrokerOptions {
        var options = BrokerOptions()
        options.systemTopicsSeconds = 290
        options.limits.connections = 6
        options.limits.connectPacketBytes = 1_000
        options.limits.outputBytes = 600
        options.limits.packetBytes = 70_000
        options.limits.receiveMaximum = 3
        options.limits.inFlight = 3
        options.limits.topicAliases = 3
        options.limits.outgoingTopicAliases = 2
        options.limits.sessionExpirySeconds = 100
        options.limits.sessions = 5
        options.limits.queuedMessages = 4
        options.limits.queuedBytes = 400
        options.limits.queuedBytesTotal = 900
        options.limits.retainedMessages = 200
        options.limits.subscriptionsPerSession = 6
        options.limits.topicLevels = 8
        options.limits.routerCacheTopics = 4
        return options
    }

    /// Plays one packet or command; how many bytes it took.
    mutating func play(_ input: UnsafeRawBufferPointer) -> Int {
        if input[0] >> 4 != 0 { return playPacket(input) }
        let argument = Int(input.count > 1 ? input[1] : 0)
        switch input[0] {
        case 0: client = argument % FuzzNetwork.clients
        case 1: advance(milliseconds: argument * 100)
        case 2: drop()
        case 3: network.allow(argument == 255 ? .max : argument, for: client)
        case 4:
            let bytes = input.dropFirst(2).prefix(argument)
            send(Array(bytes))
            return 2 + bytes.count
        case 5: connect(argument)
        case 6: send(Array(repeating: UInt8(argument), count: argument * 16))
        case 7: advance(milliseconds: argument * 10_000)
        default: break
        }
        settle()
        return min(2, input.count)
    }

    private mutating func playPacket(_ input: UnsafeRawBufferPointer) -> Int {
        var length = input.count
        if let frame = try? PacketDecoder.frame(input, version: nil) { length = min(length, frame.totalLength) }
        if !network.isOpen(client), input[0] >> 4 != PacketType.connect.rawValue { connect(client) }
        send(Array(input.prefix(length)))
        settle()
        return length
    }

    private mutating func connect(_ variant: Int) {
        drop()
        let version: ProtocolVersion = variant & 3 == 0 ? .v3_1_1 : variant & 3 == 1 ? .v3_1 : .v5
        var packet = ConnectPacket(
            version: version, cleanStart: variant & 4 != 0, keepAliveSeconds: UInt16(variant >> 6 & 1),
            clientID: UTF8Text("client \(variant >> 3 & 7)"))
        packet.will = ConnectPacket.Will(qos: .atLeastOnce, retain: variant & 64 != 0, topic: UTF8Text("a/b"), payload: [1])
        if version == .v5 {
            packet.will?.properties = PropertyList([.willDelayInterval(seconds: UInt32(variant >> 4) * 10)])
            packet.properties = PropertyList([
                .sessionExpiryInterval(seconds: UInt32(variant >> 3) * 10), .receiveMaximum(2), .topicAliasMaximum(2),
                .maximumPacketSize(variant & 128 == 0 ? 60 : 100_000),
            ])
        }
        var buffer = ByteBuffer()
        PacketEncoder.encode(.connect(packet), version: version, into: &buffer)
        send(Array(buffer.bytes))
        settle()
    }

    private mutating func send(_ bytes: [UInt8]) {
        if !network.isOpen(client) { network.open(client) }
        network.send(bytes, from: client)
    }

    private mutating func drop() {
        network.drop(client)
        settle()
    }

    private mutating func settle() {
        repeat {
            tick.run(&network)
            check(tick.core.queued.bytes >= 0 && tick.core.queued.messages >= 0, "queues counted wrongly")
        } while network.hasSomethingReady || tick.nextDeadline.map { $0 <= network.now } ?? false
        network.checkOutput()
    }

    private mutating func advance(milliseconds: Int) {
        let end = network.now.advanced(byMilliseconds: Int64(milliseconds))
        while let deadline = tick.nextDeadline, deadline <= end {
            network.now = max(network.now, deadline)
            settle()
        }
        network.now = end
        settle()
    }

    /// Everybody goes, and every session expires.
    mutating func end() {
        for i in 0..<FuzzNetwork.clients {
            client = i
            drop()
        }
        advance(milliseconds: 300_000)
        check(tick.core.connections.count == 0, "a connection is left")
        check(tick.core.sessions.count == 0, "a session is left")
        check(tick.core.wills.count == 0, "a Will is left")
        check(tick.core.subscriptions.trie.nodeCount == 1 && tick.core.subscriptions.groups.count == 0, "a subscription is left")
        check(tick.core.retainedCursors.count == 0, "a cursor is left")
        check(tick.core.messages.count == tick.core.retained.count, "a message is left")
        check(tick.core.queued.bytes == 0 && tick.core.queued.messages == 0 && tick.core.pendingGroups == 0, "a queue is left")
        check(tick.unfinishedBytes == 0, "the beginning of a packet is left")
    }
}

func check(_ holds: Bool, _ what: StaticString) {
    if !holds { fatalError("\(what)") }
}

/// A few byte streams, each of which the broker may close, and a client open again.
struct FuzzNetwork: NetworkPort, MailboxPort, StoragePort {
    static let clients = 6

    private struct Stream {
        var isOpen = false
        var isWaiting = false
        var slot: UInt32?
        var generation: UInt32 = 0
        var toBroker: [UInt8] = []
        var toClient: [UInt8] = []
        var room = Int.max
        var wantsWritable = false
        var isDropped = false
        var isEndRead = false
        /// Of what the client reads; nil until its first packet.
        var version: ProtocolVersion?
    }

    var now = Instant(nanoseconds: 1_000_000_000_000)
    private var streams = Array(repeating: Stream(), count: clients)

    func isOpen(_ client: Int) -> Bool { streams[client].isOpen }

    mutating func open(_ client: Int) {
        streams[client] = Stream()
        streams[client].isOpen = true
        streams[client].isWaiting = true
    }

    mutating func send(_ bytes: [UInt8], from client: Int) {
        if streams[client].version == nil, streams[client].toBroker.isEmpty { streams[client].version = Self.version(of: bytes) }
        streams[client].toBroker += bytes
    }

    mutating func drop(_ client: Int) {
        if streams[client].isWaiting { streams[client] = Stream() }
        streams[client].isDropped = true
    }

    mutating func allow(_ bytes: Int, for client: Int) { streams[client].room = bytes }

    var hasSomethingReady: Bool { streams.contains { $0.isWaiting || Self.isReadable($0) || Self.isWritable($0) } }

    private static func isReadable(_ stream: Stream) -> Bool {
        stream.slot != nil && (!stream.toBroker.isEmpty || (stream.isDropped && !stream.isEndRead))
    }
    private static func isWritable(_ stream: Stream) -> Bool {
        stream.slot != nil && stream.wantsWritable && (stream.room > 0 || stream.isDropped)
    }

    mutating func poll(until deadline: Instant?, into ready: inout [ReadyEvent]) {
        for listener in 0..<3 where streams.indices.contains(where: { $0 % 3 == listener && streams[$0].isWaiting }) {
            ready.append(.listener(listener))
        }
        for stream in streams {
            guard let slot = stream.slot, Self.isReadable(stream) || Self.isWritable(stream) else { continue }
            ready.append(
                .connection(slot, generation: stream.generation, readable: Self.isReadable(stream), writable: Self.isWritable(stream)))
        }
    }

    mutating func accept(from listener: Int) -> Int32? {
        guard let next = streams.indices.first(where: { $0 % 3 == listener && streams[$0].isWaiting }) else { return nil }
        streams[next].isWaiting = false
        return Int32(next)
    }

    mutating func admit(_ accepted: Int32, as connection: UInt32, generation: UInt32) {
        streams[Int(accepted)].slot = connection
        streams[Int(accepted)].generation = generation
    }

    mutating func reject(_ accepted: Int32) { streams[Int(accepted)] = Stream() }

    mutating func receive(_ connection: UInt32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let i = streams.firstIndex(where: { $0.slot == connection }) else { return -2 }
        let count = min(streams[i].toBroker.count, buffer.count)
        if count == 0 {
            guard streams[i].isDropped else { return -1 }
            streams[i].isEndRead = true
            return 0
        }
        buffer.copyBytes(from: streams[i].toBroker.prefix(count))
        streams[i].toBroker.removeFirst(count)
        return count
    }

    mutating func send(_ connection: UInt32, _ slices: UnsafeBufferPointer<OutputSlice>) -> Int {
        guard let i = streams.firstIndex(where: { $0.slot == connection }), !streams[i].isDropped else { return -2 }
        var taken = 0
        for slice in slices {
            let count = min(slice.count, streams[i].room)
            streams[i].toClient.append(contentsOf: UnsafeRawBufferPointer(start: slice.base, count: count))
            if streams[i].room != .max { streams[i].room -= count }
            taken += count
        }
        return taken == 0 ? -1 : taken
    }

    mutating func watch(_ connection: UInt32, readable: Bool, writable: Bool) {
        if let i = streams.firstIndex(where: { $0.slot == connection }) { streams[i].wantsWritable = writable }
    }

    mutating func giveUp(_ connection: UInt32) -> Int32 { -1 }
    mutating func adopt(_ name: Int32, listener: Int, as connection: UInt32, generation: UInt32) {}

    mutating func close(_ connection: UInt32, lingers: Bool) {
        guard let i = streams.firstIndex(where: { $0.slot == connection }) else { return }
        checkOutput(of: i)
        streams[i] = Stream()
    }

    mutating func report(_ notice: Notice) {}

    /// Whatever the broker has sent can be read by a client.
    mutating func checkOutput() {
        for i in streams.indices where streams[i].isOpen { checkOutput(of: i) }
    }

    private mutating func checkOutput(of i: Int) {
        let version = streams[i].version ?? .v5
        var taken = 0
        streams[i].toClient.withUnsafeBytes { bytes in
            while taken < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[taken...])
                do throws(MalformedPacket) {
                    guard let frame = try PacketDecoder.frame(rest, version: version), frame.totalLength <= rest.count else { return }
                    let body = UnsafeRawBufferPointer(rebasing: rest[frame.headerLength..<frame.totalLength])
                    _ = try PacketDecoder.packet(frame, body: body, version: version, sender: .server, controlCharactersAllowed: true)
                    taken += frame.totalLength
                } catch {
                    fatalError("the broker sent what is no packet: \(error) in \(Array(rest.prefix(100)))")
                }
            }
        }
        streams[i].toClient.removeFirst(taken)
    }

    /// The version a CONNECT asks for: what the answer is to be read as.
    private static func version(of connect: [UInt8]) -> ProtocolVersion? {
        connect.withUnsafeBytes { bytes in
            guard let frame = try? PacketDecoder.frame(bytes, version: nil) else { return nil }
            let body = bytes.dropFirst(frame.headerLength)
            guard body.count > 2 else { return nil }
            let name = Int(body[body.startIndex]) << 8 | Int(body[body.startIndex + 1])
            let level = body.startIndex + 2 + name
            guard level < bytes.count else { return nil }
            return bytes[level] & 0x7F >= 5 ? .v5 : bytes[level] & 0x7F == 3 ? .v3_1 : .v3_1_1
        }
    }
}
