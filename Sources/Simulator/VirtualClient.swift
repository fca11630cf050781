import MQTTCodec
import Primitives

/// A small MQTT client over bytes: it knows its session, acknowledges early or late, and resends after a reconnect.
final class VirtualClient {
    struct Outgoing {
        var packet: PublishPacket
        var isReleased: Bool
    }

    let index: Int
    let clientID: String
    let version: ProtocolVersion
    /// The client's Maximum Packet Size; nil: none.
    let maximumPacketSize: UInt32?
    let receiveMaximum: UInt16
    let topicAliasMaximum: UInt16
    /// Bytes it reads at most at a time, and the microseconds it waits between.
    let reads: (limit: Int, pause: Int)
    var random: SeededRandom
    private let network: VirtualNetwork
    /// Told of everything sent and read.
    private let ledger: Ledger?

    // Of the session
    var outgoing: [UInt16: Outgoing] = [:]
    var outgoingOrder: [UInt16] = []
    var received: Set<UInt16> = []
    var filters: [String] = []
    /// The last SUBSCRIBE, until it is answered.
    private var unanswered: SubscribePacket?
    /// Told when a SUBSCRIBE is answered.
    var onSubscribed: (SubscribePacket) -> Void = { _ in }
    private var lastPacketID: UInt16 = 0
    /// It takes the lowest identifier that is free, so that each stands for one thing soon after another.
    var reusesIdentifiers = false
    /// Of SUBSCRIBE and UNSUBSCRIBE, until they are answered.
    private var unansweredIDs: Set<UInt16> = []

    // Of the connection
    private(set) var connection: VirtualConnection?
    private(set) var isConnected = false
    private(set) var connackCode: ReasonCode?
    private var stream = PacketStream(from: .server, .v5)
    private var aliases: [String: UInt16] = [:]
    private var serverAliasMaximum: UInt16 = 0
    private var serverReceiveMaximum = 65_535
    /// Acknowledgements it has not sent yet.
    var late: [PublishAcknowledgement] = []
    var readsScheduled = false
    /// Reads and acknowledges at once from now on.
    var isPrompt = false
    private(set) var lastSent = Instant.zero
    /// Of the last CONNECT.
    private(set) var keepAliveSeconds: UInt16 = 0
    private(set) var sessionExpiry: UInt32 = 0
    /// Its session surely ends with this connection.
    private(set) var isMomentary = false
    /// What it must not have been sent.
    private(set) var violation: String?
    private(set) var receivedCount = 0

    /// - Parameter ledger: follows it; such a client always learns whether its session is an old one
    init(index: Int, network: VirtualNetwork, ledger: Ledger? = nil, random: SeededRandom, profile: inout SeededRandom) {
        self.index = index
        self.network = network
        self.ledger = ledger
        self.random = random
        clientID = "client-\(index)"
        version = profile.pick([.v5, .v5, .v5, .v3_1_1, .v3_1_1, ledger == nil ? .v3_1 : .v3_1_1])
        maximumPacketSize = version == .v5 && profile.chance(15) ? UInt32(profile.among(60...400)) : nil
        receiveMaximum = profile.chance(50) ? UInt16(profile.among(1...4)) : 65_535
        topicAliasMaximum = profile.chance(60) ? UInt16(profile.among(1...4)) : 0
        reads = profile.chance(25) ? (profile.among(1...200), profile.among(1_000...200_000)) : (.max, 0)
    }

    // Connecting

    func connect(_ wanted: ConnectPacket) {
        var packet = wanted
        if ledger?.mayBeOther(self) == true { packet.cleanStart = true }
        abandonConnection()
        let isSlow = reads.pause > 0 && !isPrompt
        let latency = isPrompt ? 10...200 : random.chance(70) ? 10...(ledger == nil ? 2_000 : 300) : 100...80_000
        let opened = network.open(
            by: index, window: isSlow ? random.among(64...4_096) : 1_048_576, latency: latency, SeededRandom(seed: random.next()))
        connection = opened
        isConnected = false
        stream = PacketStream(from: .server, version)
        aliases = [:]
        late = []
        readsScheduled = false
        unanswered = nil
        unansweredIDs = []
        keepAliveSeconds = packet.keepAliveSeconds
        // A broker that dies before it has read CONNECT still has the session, unless the last one ended with its connection.
        if ledger == nil ? packet.cleanStart || sessionExpiry == 0 : isMomentary { forgetSession() }
        isMomentary = false
        sessionExpiry = packet.version == .v5 ? packet.properties.sessionExpiryInterval ?? 0 : packet.cleanStart ? 0 : .max
        send(.connect(packet))
    }

    func forgetSession() {
        outgoing = [:]
        outgoingOrder = []
        received = []
        filters = []
    }

    /// Leaves it open and never looks at it again.
    private func abandonConnection() {
        connection?.isAbandoned = true
        connection = nil
        isConnected = false
    }

    /// DISCONNECT, and the end of the stream behind it.
    func disconnect(_ packet: DisconnectPacket) {
        send(.disconnect(packet))
        if let connection { network.end(connection) }
        abandonConnection()
    }

    func loseConnection(_ how: Loss) {
        guard let connection else { return }
        switch how {
        case .reset:
            network.reset(connection)
            abandonConnection()
        case .silence: abandonConnection()
        case .halfClose: network.end(connection)
        }
        isConnected = false
    }

    enum Loss { case reset, silence, halfClose }

    // Sending

    func send(_ packet: Packet) {
        guard let connection else { return }
        ledger?.sent(packet, by: self)
        switch packet {
        case .subscribe(let packet):
            unanswered = packet
            unansweredIDs.insert(packet.packetID)
        case .unsubscribe(let packet): unansweredIDs.insert(packet.packetID)
        default: break
        }
        var buffer = ByteBuffer()
        PacketEncoder.encode(packet, version: version, into: &buffer)
        lastSent = network.now
        let bytes = Array(buffer.bytes)
        if bytes.count > 1, random.chance(15) {
            // The packet comes in two pieces.
            let cut = random.among(1...(bytes.count - 1))
            network.write(Array(bytes[..<cut]), to: connection)
            network.write(Array(bytes[cut...]), to: connection)
        } else {
            network.write(bytes, to: connection)
        }
    }

    var mayPublishWithAcknowledgement: Bool { outgoing.count < min(serverReceiveMaximum, 50) }

    func publish(topic: String, qos: QoS, retain: Bool, properties: [Property], payload: [UInt8]) {
        var packet = PublishPacket(topic: UTF8Text(topic), qos: qos, payload: payload)
        packet.retain = retain
        if version == .v5 { packet.properties = PropertyList(properties) }
        if qos != .atMostOnce {
            let packetID = nextPacketID()
            packet.packetID = packetID
            outgoing[packetID] = Outgoing(packet: packet, isReleased: false)
            outgoingOrder.append(packetID)
        }
        // Resent ones name their topic in full, so the alias is put into this copy only.
        if serverAliasMaximum > 0, random.chance(50) {
            if let alias = aliases[topic], random.chance(80) {
                packet.topic = UTF8Text("")
                packet.properties.append(.topicAlias(alias))
            } else {
                let alias = UInt16(random.among(1...Int(min(serverAliasMaximum, 5))))
                for other in aliases.keys.sorted() where aliases[other] == alias { aliases[other] = nil }
                aliases[topic] = alias
                packet.properties.append(.topicAlias(alias))
            }
        }
        send(.publish(packet))
    }

    func nextPacketID() -> UInt16 {
        if reusesIdentifiers { lastPacketID = 0 }
        repeat {
            lastPacketID = lastPacketID == 65_535 ? 1 : lastPacketID + 1
        } while outgoing[lastPacketID] != nil || unansweredIDs.contains(lastPacketID)
        return lastPacketID
    }

    /// Sends what it owes, in turn or out of turn.
    func acknowledgeLate(_ count: Int) {
        for _ in 0..<min(count, late.count) {
            let place = isPrompt || random.chance(70) ? 0 : random.below(late.count)
            send(.acknowledgement(late.remove(at: place)))
        }
    }

    // Receiving

    /// Bytes came or may be read now.
    func read() {
        readsScheduled = false
        guard let connection, !connection.isAbandoned else { return }
        let limit = isPrompt ? .max : reads.limit
        stream.append(network.read(connection, limit: limit))
        while let piece = stream.next() {
            guard case .packet(let packet, _) = piece else {
                violation = violation ?? "\(clientID) was sent bytes that are no packet"
                return
            }
            receive(packet)
            if self.connection !== connection { return }
        }
        if !connection.readable.isEmpty {
            scheduleRead(connection)
        } else if connection.isEndReadable {
            self.connection = nil
            isConnected = false
        }
    }

    func scheduleRead(_ connection: VirtualConnection) {
        guard connection === self.connection, !readsScheduled else { return }
        readsScheduled = true
        let pause = isPrompt ? 0 : reads.pause
        network.events.insert(
            .bytesAtClient(connection, []), at: Instant(nanoseconds: network.now.nanoseconds + Int64(pause) * 1_000))
    }

    private func receive(_ packet: Packet) {
        ledger?.received(packet, by: self)
        switch packet {
        case .connack(let connack): connected(connack)
        case .publish(let publish): received(publish)
        case .acknowledgement(let acknowledgement): received(acknowledgement)
        case .suback(let suback): subscribed(suback)
        case .unsuback(let unsuback): unansweredIDs.remove(unsuback.packetID)
        default: break
        }
    }

    private func connected(_ connack: ConnackPacket) {
        connackCode = connack.reasonCode
        guard connack.reasonCode == .success else { return }
        isConnected = true
        isMomentary = sessionExpiry == 0
        serverAliasMaximum = version == .v5 ? connack.properties.topicAliasMaximum ?? 0 : 0
        serverReceiveMaximum = Int(connack.properties.receiveMaximum ?? 65_535)
        if !connack.sessionPresent, version != .v3_1 { forgetSession() }
        for packetID in outgoingOrder {
            guard let unfinished = outgoing[packetID] else { continue }
            if unfinished.isReleased {
                send(.acknowledgement(PublishAcknowledgement(.pubrel, packetID: packetID)))
            } else {
                var packet = unfinished.packet
                packet.dup = true
                send(.publish(packet))
            }
        }
    }

    private func subscribed(_ packet: SubackPacket) {
        unansweredIDs.remove(packet.packetID)
        guard let request = unanswered, request.packetID == packet.packetID else { return }
        unanswered = nil
        onSubscribed(request)
    }

    /// A SUBSCRIBE to a share is not answered yet.
    var awaitsShare: Bool { unanswered?.requests.contains { $0.filter.string.hasPrefix("$share") } ?? false }

    private func received(_ packet: PublishPacket) {
        receivedCount += 1
        guard let packetID = packet.packetID else { return }
        if packet.qos == .exactlyOnce {
            received.insert(packetID)
        }
        var answer = PublishAcknowledgement(packet.qos == .atLeastOnce ? .puback : .pubrec, packetID: packetID)
        if version == .v5, !isPrompt, random.chance(3) {
            answer.reasonCode = .implementationSpecificError
            received.remove(packetID)
        }
        acknowledge(answer)
    }

    private func received(_ packet: PublishAcknowledgement) {
        switch packet.kind {
        case .puback: finish(packet.packetID)
        case .pubrec where packet.reasonCode.isFailure: finish(packet.packetID)
        case .pubrec:
            outgoing[packet.packetID]?.isReleased = true
            send(.acknowledgement(PublishAcknowledgement(.pubrel, packetID: packet.packetID)))
        case .pubcomp: finish(packet.packetID)
        case .pubrel:
            received.remove(packet.packetID)
            acknowledge(PublishAcknowledgement(.pubcomp, packetID: packet.packetID))
        }
    }

    private func acknowledge(_ packet: PublishAcknowledgement) {
        if isPrompt || random.chance(60) && late.isEmpty { send(.acknowledgement(packet)) } else { late.append(packet) }
    }

    private func finish(_ packetID: UInt16) {
        outgoing[packetID] = nil
        outgoingOrder.removeAll { $0 == packetID }
    }
}
