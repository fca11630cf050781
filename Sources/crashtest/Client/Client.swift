import MQTTCodec
import Primitives
import Simulator
import Transport

/// A client that outlives the broker: it knows its session, acknowledges late, and sends again what was not acknowledged.
final class Client {
    struct Outgoing {
        let publication: Publication
        let packetID: UInt16
        /// PUBREC has come.
        var isReleased = false
    }

    /// What SUBACK or UNSUBACK is awaited for.
    enum Request { case subscribe(String, asked: Moment), unsubscribe(String, asked: Moment) }

    let version: ProtocolVersion
    let session: Session
    let model: Model
    let clock: () -> Instant
    /// Nil: as much as the broker likes.
    let receiveMaximum: UInt16?
    var journal = Journal()

    // Of the session
    var outgoing: [Outgoing] = []
    /// The messages of QoS 2 that are not released, by their Packet Identifier.
    var incoming: [UInt16: String] = [:]

    // Of the connection
    private(set) var connection: PacketConnection?
    /// One that the broker is to close: after DISCONNECT, or because the client is back on another.
    private(set) var leaving: PacketConnection?
    private(set) var isConnected = false
    /// Acknowledgements it has not sent yet, in the order in which they are due.
    var late: [PublishAcknowledgement] = []
    var requests: [UInt16: Request] = [:]
    /// No CONNECT before.
    var returnsAt = Instant.zero

    init(_ session: Session, version: ProtocolVersion, receiveMaximum: UInt16?, model: Model, clock: @escaping () -> Instant) {
        self.session = session
        self.version = version
        self.receiveMaximum = receiveMaximum
        self.model = model
        self.clock = clock
    }

    var connections: [PacketConnection] { [connection, leaving].compactMap { $0 } }
    var isAway: Bool { connection == nil && leaving == nil }
    var isIdle: Bool { outgoing.isEmpty && incoming.isEmpty && late.isEmpty && requests.isEmpty }

    func violate(_ what: String) { model.verdict.violate("\(session.name): \(what)") }

    func send(_ packet: Packet) {
        journal.note(.sent(packet), at: clock())
        connection?.send(packet)
    }

    // Connecting

    /// - Parameter will: nil: none
    func connect(port: UInt16, will: Publication?) throws(TransportError) {
        let cleanStart = version == .v5 && (session.isUncertain || session.expirySeconds == 0)
        var packet = ConnectPacket(version: version, cleanStart: cleanStart, keepAliveSeconds: 0, clientID: UTF8Text(session.name))
        if version == .v5 {
            packet.properties.append(.sessionExpiryInterval(seconds: session.expirySeconds))
            if let receiveMaximum { packet.properties.append(.receiveMaximum(receiveMaximum)) }
        }
        if let will {
            var offered = ConnectPacket.Will(qos: will.qos, retain: false, topic: UTF8Text(will.topic), payload: will.payload)
            if version == .v5, let delay = will.will?.delaySeconds, delay > 0 {
                offered.properties.append(.willDelayInterval(seconds: delay))
            }
            packet.will = offered
        }
        let opened = try PacketConnection(port: port, version: version)
        connection = opened
        forgetConnection()
        model.connects(session, cleanStart: cleanStart, will: will, at: clock())
        send(.connect(packet))
    }

    private func forgetConnection() {
        isConnected = false
        late = []
        requests = [:]
    }

    /// Connects again while the connection stands.
    func takeOver(port: UInt16, will: Publication?) throws(TransportError) {
        journal.note(.note("comes back on another connection"), at: clock())
        model.ended(session, at: clock())
        leaving = connection
        try connect(port: port, will: will)
    }

    func disconnect(_ reason: ReasonCode = .success) {
        send(.disconnect(DisconnectPacket(reasonCode: reason)))
        connection?.endSending()
        leaving = connection
        end(isDismissed: reason == .success)
    }

    func drop() {
        journal.note(.note("drops its connection"), at: clock())
        end()
    }

    private func end(isDismissed: Bool = false, isKilled: Bool = false, at instant: Instant? = nil) {
        model.ended(session, isDismissed: isDismissed, isKilled: isKilled, at: instant ?? clock())
        connection = nil
        forgetConnection()
    }

    /// The broker was killed: what it had written before still counts, if the client cares to read it.
    func brokerKilled(at instant: Instant, readsRest: Bool) {
        journal.note(.note("— the broker is killed —"), at: instant)
        while readsRest, let connection, read(connection, isBrokerAlive: false) {}
        leaving = nil
        if connection != nil { end(isKilled: true, at: instant) }
    }

    // Reading

    /// Reads what there is on one of its connections; false when that is over.
    @discardableResult
    func read(_ from: PacketConnection, isBrokerAlive: Bool = true) -> Bool {
        // What the broker sends to a connection that was left is as good as lost.
        if from === leaving {
            guard from.read().contains(where: { if case .end = $0 { true } else { false } }) else { return true }
            leaving = nil
            if connection == nil { model.closed(session, at: clock()) }
            return false
        }
        for arrival in from.read() {
            switch arrival {
            case .packet(let packet):
                journal.note(.read(packet), at: clock())
                receive(packet)
            case .malformed: violate("bytes came that are no packet")
            case .end:
                if isBrokerAlive { violate("the broker has closed the connection") }
                return false
            }
            guard from === connection else { return false }
        }
        return true
    }

    private func receive(_ packet: Packet) {
        switch packet {
        case .connack(let connack):
            guard connack.reasonCode == .success else { return violate("CONNACK \(connack.reasonCode)") }
            model.connected(session, isPresent: connack.sessionPresent, at: clock())
            isConnected = true
            leaving = nil
            if connack.sessionPresent { sendAgain() } else { forgetSession() }
        case .publish(let publish): received(publish)
        case .acknowledgement(let acknowledgement): received(acknowledgement)
        case .suback(let suback): answered(suback.packetID, suback.reasonCodes)
        case .unsuback(let unsuback): answered(unsuback.packetID, unsuback.reasonCodes)
        case .disconnect(let disconnect): violate("DISCONNECT \(disconnect.reasonCode)")
        default: break
        }
    }

    private func forgetSession() {
        outgoing = []
        incoming = [:]
    }

    private func answered(_ packetID: UInt16, _ codes: [ReasonCode]) {
        if let failure = codes.first(where: \.isFailure) { violate("a subscription is refused: \(failure)") }
        switch requests.removeValue(forKey: packetID) {
        case .subscribe(let filter, let asked): model.subscribed(session, to: filter, asked: asked)
        case .unsubscribe(let filter, let asked): model.unsubscribed(session, from: filter, asked: asked)
        case nil: violate("an answer to nothing: \(packetID)")
        }
    }
}
