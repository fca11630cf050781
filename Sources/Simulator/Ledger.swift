import MQTTCodec
import Primitives

/// The oracle for shards that run freely: not what the broker must do next, but what no order of events allows.
///
/// It sees what clients send and what they read, and counts these moments. What a client knows before it acts binds the
/// broker; what happens at the same time may come out either way.
final class Ledger {
    /// A message some client has published, or made its Will.
    final class Publication {
        let key: String
        let topic: String
        let payload: [UInt8]
        let qos: QoS
        let retain: Bool
        let expires: Bool
        /// The client; nil for a Will.
        let publisher: Int?
        /// When it was first sent, and how often the power had failed by then.
        let sent: Int
        let losses: Int
        /// How often it was sent.
        var sendings = 1
        /// When its publisher was told that the broker has it.
        var acknowledged: Int?
        var isRefused = false
        /// It goes to one member of a share, and to nobody else.
        var isShared: Bool { topic.hasPrefix("$") && !topic.hasPrefix("$own") }
        /// Somebody has it; and how often one came that is not sent to another member when the first goes.
        var isReceived = false
        var finalReceipts = 0
        /// Of these, those at QoS 2.
        var exactReceipts = 0

        init(_ packet: PublishPacket, topic: String, key: String, publisher: Int?, sent: Int, losses: Int) {
            self.key = key
            self.topic = topic
            payload = packet.payload
            qos = packet.qos
            retain = packet.retain
            expires = packet.properties.messageExpiryInterval != nil
            self.publisher = publisher
            self.sent = sent
            self.losses = losses
        }
    }

    final class Subscription {
        let text: String
        /// Without the share it belongs to.
        let filter: String
        let share: String?
        let options: SubscriptionOptions
        let requested: Int
        /// The client has the SUBACK.
        var granted: Int?
        /// The client has asked for its end, or for another in its place.
        var given: Int?
        /// The client knows that it has ended.
        var ended: Int?

        init(_ text: String, options: SubscriptionOptions, requested: Int) {
            self.text = text
            (share, filter) = TopicMatching.share(of: text)
            self.options = options
            self.requested = requested
        }
    }

    /// What a client knows of its session, and of its connection.
    final class Client {
        let index: Int
        let isLimited: Bool
        var isConnected = false
        // Of the session
        var subscriptions: [Subscription] = []
        var outgoing: [UInt16: Publication] = [:]
        /// By key: how often it came, not counting what was sent again.
        var firstReceipts: [String: Int] = [:]
        /// Of these, those at QoS 2.
        var finalReceipts: [String: Int] = [:]
        var receipts: Set<String> = []
        /// By publisher, topic and kind of QoS: when the last one was sent.
        var last: [String: Int] = [:]
        /// By identifier, which message a QoS 2 exchange is about; and those whose exchange is over, as PUBREL said.
        var exchanges: [UInt16: String] = [:]
        var finished: Set<String> = []
        var lifetime = SessionLifetime()
        /// It surely ends with its connection.
        var isMomentary = false
        // Of the connection
        var awaited: [UInt16: [Subscription]] = [:]
        var acknowledgements: [PublishAcknowledgement.Kind: [UInt16]] = [:]
        var topics: [UInt16: String] = [:]
        var serverTopics: [UInt16: String] = [:]
        /// PINGREQs that are not answered.
        var pings = 0

        init(_ client: VirtualClient) {
            index = client.index
            isLimited = client.maximumPacketSize != nil
        }
    }

    let verdict: Verdict
    private let now: () -> Instant
    private let transcript: Transcript
    private(set) var clients: [Int: Client] = [:]
    private(set) var publications: [Publication] = []
    /// Some member could not take every message, or left with messages unfinished.
    private(set) var lossyShares: Set<String> = []
    private(set) var byKey: [String: Publication] = [:]
    private var moment = 0
    /// When the power failed.
    private(set) var losses: [Int] = []
    /// Seconds a session outlives its connection at most.
    private let longestExpiry: UInt32

    /// - Parameter transcript: notes what clients send and read
    init(_ verdict: Verdict, now: @escaping () -> Instant, _ transcript: Transcript, longestExpiry: UInt32 = .max) {
        self.verdict = verdict
        self.now = now
        self.longestExpiry = longestExpiry
        self.transcript = transcript
    }

    /// Topics that something has been retained for.
    var retainedTopics: [String] { Array(Set(publications.filter(\.retain).map(\.topic))).sorted() }

    /// The broker has died, and all connections with it.
    func lostPower() {
        moment += 1
        losses.append(moment)
        for client in clients.values { client.lifetime.lostPower(at: now()) }
    }

    /// Whether a client may be told of a session that is not the one it knows: then it is better to begin a new one.
    func mayBeOther(_ client: VirtualClient) -> Bool { self.client(client).lifetime.mayBeOther }

    // What clients send

    func sent(_ packet: Packet, by sender: VirtualClient) {
        moment += 1
        transcript.note(now(), sender.connection?.number ?? -1, "→", packet)
        let client = client(sender)
        switch packet {
        case .connect(let connect):
            if client.isMomentary { forgetSession(client) }
            connects(connect, client)
        case .publish(let publish): publishes(publish, client)
        case .pingRequest: client.pings += 1
        case .subscribe(let subscribe):
            let made = subscribe.requests.map { request in
                for old in client.subscriptions where old.text == request.filter.string { old.given = old.given ?? moment }
                let made = Subscription(request.filter.string, options: request.options, requested: moment)
                if let share = made.share, client.isLimited || made.options.maximumQoS == .atMostOnce { lossyShares.insert(share) }
                return made
            }
            client.awaited[subscribe.packetID] = made
            client.subscriptions += made
        case .unsubscribe(let unsubscribe):
            let going = client.subscriptions.filter { subscription in
                subscription.ended == nil && unsubscribe.filters.contains { $0.string == subscription.text }
            }
            lossyShares.formUnion(going.compactMap(\.share))
            for subscription in going { subscription.given = subscription.given ?? moment }
            client.awaited[unsubscribe.packetID] = going
        case .disconnect(let disconnect):
            if let seconds = disconnect.properties.sessionExpiryInterval { client.lifetime.disconnects(min(seconds, longestExpiry)) }
        default: break
        }
    }

    private func connects(_ packet: ConnectPacket, _ client: Client) {
        client.isConnected = false
        client.isMomentary = false
        client.awaited = [:]
        client.acknowledgements = [:]
        client.topics = [:]
        client.serverTopics = [:]
        client.pings = 0
        let expiry = packet.version == .v5 ? packet.properties.sessionExpiryInterval ?? 0 : packet.cleanStart ? 0 : .max
        client.lifetime.connects(isClean: packet.cleanStart, expiry: min(expiry, longestExpiry), at: now())
        guard let will = packet.will else { return }
        var publish = PublishPacket(topic: will.topic, qos: will.qos, payload: will.payload)
        publish.retain = will.retain
        publish.properties = will.properties
        enter(publish, topic: will.topic.string, publisher: nil)
    }

    private func publishes(_ packet: PublishPacket, _ client: Client) {
        var topic = packet.topic.string
        if let alias = packet.properties.topicAlias {
            if topic.isEmpty { topic = client.topics[alias] ?? "" } else { client.topics[alias] = topic }
        }
        if let packetID = packet.packetID {
            client.acknowledgements[packet.qos == .atLeastOnce ? .puback : .pubrec, default: []].append(packetID)
            if packet.dup, let known = client.outgoing[packetID] {
                known.sendings += 1
                return
            }
            client.outgoing[packetID] = enter(packet, topic: topic, publisher: client.index)
        } else {
            enter(packet, topic: topic, publisher: client.index)
        }
    }

    @discardableResult
    private func enter(_ packet: PublishPacket, topic: String, publisher: Int?) -> Publication {
        let key = Self.key(packet.payload) ?? "clears \(topic) at \(moment)"
        let publication = Publication(packet, topic: topic, key: key, publisher: publisher, sent: moment, losses: losses.count)
        publications.append(publication)
        byKey[key] = publication
        return publication
    }

    // What clients read

    func received(_ packet: Packet, by receiver: VirtualClient) {
        moment += 1
        transcript.note(now(), receiver.connection?.number ?? -1, "←", packet)
        let client = client(receiver)
        switch packet {
        case .connack(let connack):
            guard connack.reasonCode == .success else { return verdict.violate("CONNACK \(connack.reasonCode) for \(receiver.clientID)") }
            client.isConnected = true
            client.isMomentary = receiver.sessionExpiry == 0
            if let violation = client.lifetime.connected(isPresent: connack.sessionPresent, at: now()) {
                verdict.violate("\(violation): \(receiver.clientID)")
            }
            if !connack.sessionPresent { forgetSession(client) }
        case .suback(let suback):
            guard let made = client.awaited.removeValue(forKey: suback.packetID) else { return }
            for subscription in made {
                subscription.granted = moment
                for old in client.subscriptions where old.text == subscription.text && old.requested < subscription.requested {
                    old.ended = old.ended ?? moment
                }
            }
        case .unsuback(let unsuback):
            for subscription in client.awaited.removeValue(forKey: unsuback.packetID) ?? [] { subscription.ended = moment }
        case .publish(let publish): receives(publish, client)
        case .pingResponse: client.pings -= 1
        case .acknowledgement(let acknowledgement): acknowledged(acknowledgement, client)
        case .disconnect(let disconnect):
            if disconnect.reasonCode != .keepAliveTimeout, disconnect.reasonCode != .sessionTakenOver {
                verdict.violate("DISCONNECT \(disconnect.reasonCode) to \(receiver.clientID), which behaves well")
            }
        default: break
        }
    }

    private func acknowledged(_ packet: PublishAcknowledgement, _ client: Client) {
        if packet.kind == .pubrel, let key = client.exchanges.removeValue(forKey: packet.packetID) { client.finished.insert(key) }
        if packet.kind == .puback || packet.kind == .pubrec {
            guard let first = client.acknowledgements[packet.kind]?.first, first == packet.packetID else {
                return verdict.violate("\(packet.kind) \(packet.packetID) out of turn to client-\(client.index)")
            }
            client.acknowledgements[packet.kind]?.removeFirst()
            guard let publication = client.outgoing[packet.packetID] else { return }
            publication.acknowledged = publication.acknowledged ?? moment
            if packet.reasonCode.isFailure { publication.isRefused = true }
        }
        if packet.kind == .puback || packet.kind == .pubcomp || packet.reasonCode.isFailure { client.outgoing[packet.packetID] = nil }
    }

    private func receives(_ packet: PublishPacket, _ client: Client) {
        var topic = packet.topic.string
        if let alias = packet.properties.topicAlias {
            if topic.isEmpty { topic = client.serverTopics[alias] ?? "" } else { client.serverTopics[alias] = topic }
        }
        let what = "\(packet.qos) \(topic) \(PayloadText.short(packet.payload)) to client-\(client.index)"
        guard let key = Self.key(packet.payload) else {
            if !publications.contains(where: { $0.topic == topic && $0.payload.isEmpty }) { verdict.violate("nobody published: \(what)") }
            return
        }
        guard let publication = byKey[key], publication.topic == topic, publication.payload == packet.payload,
            publication.retain || !packet.retain
        else { return verdict.violate("nobody published: \(what)") }
        let reasons = subscriptions(of: client, for: publication).filter { min($0.options.maximumQoS, publication.qos) == packet.qos }
        if reasons.isEmpty { verdict.violate("not subscribed: \(what)") }
        let isNew = client.receipts.insert(key).inserted
        publication.isReceived = true
        if packet.qos == .exactlyOnce, let packetID = packet.packetID {
            if !publication.retain, client.finished.contains(key) { verdict.violate("came again after its PUBREL: \(what)") }
            client.exchanges[packetID] = key
        }
        guard !packet.dup else { return }
        client.firstReceipts[key, default: 0] += 1
        if packet.qos == .exactlyOnce { client.finalReceipts[key, default: 0] += 1 }
        checkOnce(publication, packet.qos, client, what)
        if isNew { checkOrder(publication, packet.qos, client, what) }
    }

    // What always holds

    /// What may bring a message to a client: asked for by now, and not known to be over when it was published.
    private func subscriptions(of client: Client, for publication: Publication) -> [Subscription] {
        client.subscriptions.filter {
            ($0.ended ?? .max) > publication.sent && TopicMatching.matches($0.filter, publication.topic)
                && !($0.options.noLocal && publication.publisher == client.index)
        }
    }

    /// As often as it was published, however many subscriptions match; and once for each that is sent what is retained,
    /// but for one of them it is either retained or new.
    private func checkOnce(_ publication: Publication, _ qos: QoS, _ client: Client, _ what: String) {
        if publication.isShared { return checkShared(publication, qos, what) }
        var allowed = publication.qos == .exactlyOnce ? 1 : publication.sendings
        if publication.retain { allowed += max(0, subscriptions(of: client, for: publication).count - 1) }
        let final = client.finalReceipts[publication.key] ?? 0
        if final > allowed { verdict.violate("came \(final) times instead of \(allowed): \(what)") }
        // Each copy may come again.
        allowed *= 1 + repetitions(of: publication)
        let count = client.firstReceipts[publication.key] ?? 0
        if count > allowed { verdict.violate("came \(count) times instead of \(allowed): \(what)") }
    }

    /// How often more it may come because the broker has died: it may have forgotten that it had sent it already, unless it
    /// promised that at QoS 2.
    private func repetitions(of publication: Publication) -> Int {
        guard publication.qos > .atMostOnce || publication.publisher == nil else { return 0 }
        return losses.count - publication.losses
    }

    /// To one member only. At QoS 1 another may get it too, when the first has gone.
    private func checkShared(_ publication: Publication, _ qos: QoS, _ what: String) {
        guard qos != .atLeastOnce else { return }
        publication.finalReceipts += 1
        if qos == .exactlyOnce { publication.exactReceipts += 1 }
        let allowed = (publication.qos == .atLeastOnce ? publication.sendings : 1) + repetitions(of: publication)
        if publication.finalReceipts > allowed || publication.exactReceipts > 1 {
            verdict.violate("came to \(publication.finalReceipts) members: \(what)")
        }
    }

    /// Of one publisher and topic nothing overtakes within QoS 0, nor within the others [MQTT-4.6.0-6].
    private func checkOrder(_ publication: Publication, _ qos: QoS, _ client: Client, _ what: String) {
        guard let publisher = publication.publisher, !publication.retain, publication.sendings == 1 else { return }
        // What one member of a share gives back comes late to another.
        if publication.isShared, publication.qos > .atMostOnce { return }
        let flow = "\(publisher) \(publication.topic) \(qos == .atMostOnce)"
        if let last = client.last[flow], last > publication.sent { verdict.violate("overtaken: \(what)") }
        client.last[flow] = publication.sent
    }

    private func forgetSession(_ client: Client) {
        client.subscriptions = []
        client.outgoing = [:]
        client.receipts = []
        client.firstReceipts = [:]
        client.finalReceipts = [:]
        client.last = [:]
        client.exchanges = [:]
        client.finished = []
    }

    private func client(_ client: VirtualClient) -> Client {
        if let known = clients[client.index] { return known }
        let fresh = Client(client)
        clients[client.index] = fresh
        return fresh
    }

    /// Payloads begin with a number of their own; an empty one clears.
    private static func key(_ payload: [UInt8]) -> String? {
        payload.isEmpty ? nil : String(decoding: payload.prefix { $0 != UInt8(ascii: ".") }, as: UTF8.self)
    }
}
