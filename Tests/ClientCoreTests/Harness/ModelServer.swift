import MQTTCodec
import Testing

/// A server small enough to be seen through: one client, its Session, a log of what arrived, and messages for it.
struct ModelServer {
    /// What becomes of a message of the client, or of an acknowledgement that is still to be sent.
    private enum Answer {
        case puback(UInt16)
        case pubrec(UInt16)
        case pubcomp(UInt16)
        case other(Packet)
    }

    /// A message for the client on its way.
    private struct Sending {
        var text: String
        var qos: QoS
        var packetID: UInt16
        var isReleased = false
        var wasSent = false
    }

    /// What a problem is reported with.
    let label: String
    let version: ProtocolVersion
    /// What the client may have unacknowledged.
    let receiveMaximum: UInt16
    let topicAliasMaximum: UInt16

    // Of the Session
    private var hasSession = false
    private var isKept = false
    private var unreleased: Set<UInt16> = []
    private var isSubscribed = false
    private var sending: [Sending] = []
    private var queue: [(text: String, qos: QoS)] = []
    private var lastPacketID: UInt16 = 0

    // Of the connection
    private var input: [UInt8] = []
    private(set) var output: [UInt8] = []
    private var answers: [Answer] = []
    private var isConnected = false
    private var clientReceiveMaximum = 65_535
    private var aliases: [UInt16: String] = [:]
    /// Messages of this connection without PUBACK or PUBCOMP.
    private var unanswered: Set<UInt16> = []

    // For ever
    /// Payloads in the order in which they arrived.
    private(set) var arrived: [String] = []
    /// The server has lost a Session.
    private(set) var lostSessions = 0

    init(label: String, version: ProtocolVersion, receiveMaximum: UInt16, topicAliasMaximum: UInt16) {
        self.label = label
        self.version = version
        self.receiveMaximum = receiveMaximum
        self.topicAliasMaximum = topicAliasMaximum
    }

    /// Whether everything for the client is through.
    var isDone: Bool { sending.isEmpty && queue.isEmpty && answers.isEmpty }
    var hasAnswers: Bool { !answers.isEmpty }

    // MARK: What happens to it

    /// Has a message for the client; false: it has not subscribed.
    mutating func publish(_ text: String, _ qos: QoS) -> Bool {
        guard isSubscribed else { return false }
        queue.append((text, qos))
        sendWaiting()
        return true
    }

    /// The connection is gone.
    mutating func closed() {
        (input, output, answers, aliases, unanswered) = ([], [], [], [:], [])
        isConnected = false
        queue.removeAll { $0.qos == .atMostOnce }
        if !isKept { endSession() }
    }

    /// It starts anew, and its Session with it.
    mutating func loseSession() {
        closed()
        endSession()
    }

    mutating func receive(_ bytes: [UInt8]) {
        input += bytes
        do {
            for packet in try Packet.take(from: &input, version: version, sender: .client) { take(packet) }
        } catch {
            Issue.record("\(label)the client sent what is no packet: \(error)")
        }
    }

    /// Sends what it owes first.
    mutating func answer() {
        guard !answers.isEmpty else { return }
        switch answers.removeFirst() {
        case .puback(let id):
            unanswered.remove(id)
            send(.puback(id))
        case .pubrec(let id): send(.pubrec(id))
        case .pubcomp(let id):
            unanswered.remove(id)
            send(.pubcomp(id))
        case .other(let packet): send(packet)
        }
    }

    mutating func takeOutput(_ count: Int) -> [UInt8] {
        defer { output.removeFirst(min(count, output.count)) }
        return Array(output.prefix(count))
    }

    // MARK: What it decides

    private mutating func endSession() {
        if hasSession { lostSessions += 1 }
        hasSession = false
        (unreleased, sending, isSubscribed) = ([], [], false)
        queue = []
    }

    private mutating func take(_ packet: Packet) {
        switch packet {
        case .connect(let connect):
            if isConnected { Issue.record("\(label)a second CONNECT") }
            isConnected = true
            if connect.cleanStart, hasSession { endSession() }
            isKept = version == .v5 ? connect.properties.sessionExpiryInterval ?? 0 > 0 : !connect.cleanStart
            let properties: [Property] =
                version == .v5 ? [.receiveMaximum(receiveMaximum), .topicAliasMaximum(topicAliasMaximum)] : []
            clientReceiveMaximum = connect.properties.receiveMaximum.map(Int.init) ?? 65_535
            send(.connack(sessionPresent: hasSession, .success, properties))
            hasSession = true
            for index in sending.indices {
                if sending[index].isReleased { send(.pubrel(sending[index].packetID)) } else { sendMessage(index) }
            }
            sendWaiting()
        case _ where !isConnected: Issue.record("\(label)\(packet) before CONNECT")
        case .publish(let publish): take(publish)
        case .acknowledgement(let acknowledgement): take(acknowledgement)
        case .subscribe(let subscribe):
            isSubscribed = true
            answers.append(.other(.suback(subscribe.packetID, .grantedQoS2)))
            sendWaiting()
        case .pingRequest: answers.append(.other(.pingResponse))
        case .disconnect: break
        default: Issue.record("\(label)unexpected: \(packet)")
        }
    }

    private mutating func take(_ publish: PublishPacket) {
        if let alias = publish.properties.topicAlias {
            if alias == 0 || alias > topicAliasMaximum { Issue.record("\(label)alias \(alias)") }
            if !publish.topic.isEmpty { aliases[alias] = publish.topic.string }
            if aliases[alias] == nil { Issue.record("\(label)alias \(alias) means nothing") }
        }
        if publish.qos > .atMostOnce, let packetID = publish.packetID {
            unanswered.insert(packetID)
            if version == .v5, unanswered.count > receiveMaximum { Issue.record("\(label)more in flight than Receive Maximum") }
        }
        switch publish.qos {
        case .atMostOnce: arrived.append(publish.text)
        case .atLeastOnce:
            arrived.append(publish.text)
            answers.append(.puback(publish.packetID ?? 0))
        case .exactlyOnce:
            let packetID = publish.packetID ?? 0
            if unreleased.insert(packetID).inserted {
                arrived.append(publish.text)
            } else if !publish.dup {
                Issue.record("\(label)identifier \(packetID) is in use, and another message has it")
            }
            answers.append(.pubrec(packetID))
        }
    }

    private mutating func take(_ acknowledgement: PublishAcknowledgement) {
        let packetID = acknowledgement.packetID
        let index = sending.firstIndex { $0.packetID == packetID }
        switch acknowledgement.kind {
        case .pubrel:
            unreleased.remove(packetID)
            answers.append(.pubcomp(packetID))
        case .puback, .pubcomp:
            guard let index else {
                Issue.record("\(label)\(acknowledgement) of nothing")
                return
            }
            sending.remove(at: index)
            sendWaiting()
        case .pubrec:
            if let index { sending[index].isReleased = true }
            send(.pubrel(packetID))
        }
    }

    private mutating func sendWaiting() {
        guard isConnected, isSubscribed else { return }
        while !queue.isEmpty, sending.count < min(clientReceiveMaximum, 100) {
            let (text, qos) = queue.removeFirst()
            guard qos > .atMostOnce else {
                send(.publish("t", text))
                continue
            }
            lastPacketID = lastPacketID == 200 ? 1 : lastPacketID + 1
            while sending.contains(where: { $0.packetID == lastPacketID }) { lastPacketID = lastPacketID == 200 ? 1 : lastPacketID + 1 }
            sending.append(Sending(text: text, qos: qos, packetID: lastPacketID))
            sendMessage(sending.count - 1)
        }
    }

    private mutating func sendMessage(_ index: Int) {
        let message = sending[index]
        send(.publish("t", message.text, qos: message.qos, id: message.packetID, dup: message.wasSent))
        sending[index].wasSent = true
    }

    private mutating func send(_ packet: Packet) { output += packet.bytes(version) }
}
