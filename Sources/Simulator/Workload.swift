import BrokerCore
import MQTTCodec
import Primitives

/// Who connects how, publishes and subscribes what, and what breaks: every choice from the client's own random numbers.
struct Workload {
    /// No client sends more bytes in one packet.
    var largestPacket: Int { isBusy ? 3_300 : 70_200 }

    /// Bounds are so low that messages are dropped.
    let hasLowBounds: Bool
    let options: BrokerOptions
    let listener: ListenerOptions
    private let maximumQoS: Int
    private let usesShares: Bool
    private let retainsOften: Bool
    private let keepAlives: Bool
    private let shards: Int
    private let isBusy: Bool
    /// Nobody leaves a share by UNSUBSCRIBE, nor wants QoS 0 of one: it loses nothing.
    private let keepsShares: Bool
    /// Few topics and no wildcards, so that often the last subscription to a topic goes and the first one comes, and what
    /// is retained for it changes in several places at once.
    private let isSparse: Bool
    private let levels = ["a", "b", "", "ä"]
    /// Below `$`, so that what came by a share can be told from what came by the client's own wildcards; and no topic
    /// belongs to two shares.
    private let shares = ["$share/s/$s/#", "$share/t/$t/+", "$share/u/$u/a"]
    private let sparseTopics = ["a", "b", "a/b", "b/a"]
    private let sharedTopics = ["$s/a", "$s", "$s/a/b", "$t/a", "$t/", "$u/a"]

    /// - Parameters:
    ///   - shards: of the broker; all draw the same numbers
    ///   - isBusy: for shards that run freely
    ///   - isKept: the broker's state goes to a disk
    init(_ random: inout SeededRandom, shards: Int = 1, isBusy: Bool = false, isKept: Bool = false) {
        var options = BrokerOptions()
        options.systemTopicsSeconds = random.chance(10) ? 10 : 0
        options.sharedSubscriptionStrategy = random.chance(30) ? .leastInFlight : .roundRobin
        options.limits.outputBytes = random.pick([1_048_576, 1_048_576, 20_000, 1_000])
        options.limits.topicAliases = random.pick([0, 3, 32])
        options.limits.outgoingTopicAliases = random.pick([0, 2, 32])
        options.limits.receiveMaximum = random.pick([100, 100, 5, 1])
        options.limits.inFlight = random.pick([1_000, 1_000, 3])
        options.limits.routerCacheTopics = random.pick([65_536, 2])
        if random.chance(20) { options.limits.sessionExpirySeconds = random.among(1...20) }
        var listener = ListenerOptions()
        let hasLowBounds = random.chance(15) && !isBusy
        if hasLowBounds {
            listener.slowConsumer = random.pick([.dropOldest, .refuse])
            if random.chance(70) { options.limits.queuedMessages = random.among(1...10) } else { options.limits.queuedBytes = 2_000 }
            if random.chance(20) { options.limits.queuedBytesTotal = 3_000 }
        }
        let refuses =
            hasLowBounds
            && (listener.slowConsumer != .dropOldest || options.limits.queuedBytesTotal == 3_000 || options.limits.queuedBytes == 2_000)
        // A QoS 2 message that a bound refuses may be published again: the oracle does not know bounds.
        maximumQoS = refuses ? 1 : 2
        usesShares = !hasLowBounds && random.chance(60)
        retainsOften = random.chance(40)
        keepAlives = random.chance(60)
        if isBusy { options.limits.mailboxBytes = random.pick([500, 4_000, 4_194_304]) }
        self.hasLowBounds = hasLowBounds
        self.shards = shards
        self.isBusy = isBusy
        keepsShares = isBusy && random.chance(60)
        isSparse = isBusy && random.chance(50)
        if isKept { options.limits.uncommittedBytes = random.pick([16_777_216, 16_777_216, 2_000]) }
        self.options = options
        self.listener = listener
    }

    func topic(_ random: inout SeededRandom) -> String {
        if usesShares, random.chance(25) { return random.pick(sharedTopics) }
        if isSparse { return random.pick(sparseTopics) }
        let topic = (0..<random.among(1...3)).map { _ in random.pick(levels) }.joined(separator: "/")
        if random.chance(3) { return "$own/\(topic)" }
        return topic.isEmpty ? "a" : topic
    }

    func filter(_ random: inout SeededRandom) -> String {
        if usesShares, random.chance(25) { return random.pick(shares) }
        if isSparse { return random.pick(sparseTopics) }
        if random.chance(10) { return "#" }
        var parts = (0..<random.among(1...3)).map { _ in random.chance(30) ? "+" : random.pick(levels) }
        if random.chance(25) { parts.append("#") }
        var filter = parts.joined(separator: "/")
        if filter.isEmpty { filter = "a" }
        if random.chance(3) { filter = "$own/\(filter)" }
        return filter
    }

    func payload(_ number: Int, _ random: inout SeededRandom) -> [UInt8] {
        let size =
            random.chance(85) || isBusy && random.chance(90)
            ? random.below(100) : isBusy || random.chance(90) ? random.below(3_000) : random.among(60_000...70_000)
        return Array("\(number).".utf8) + Array(repeating: UInt8(ascii: "x"), count: size)
    }

    func properties(_ random: inout SeededRandom) -> [Property] {
        var properties: [Property] = []
        if random.chance(15) { properties.append(.messageExpiryInterval(seconds: UInt32(random.pick([1, 2, 5, 60])))) }
        if random.chance(15) { properties.append(.userProperty(UTF8Text("k"), UTF8Text("v"))) }
        if random.chance(10) { properties.append(.contentType(UTF8Text("t"))) }
        if random.chance(10) { properties.append(.correlationData([1, 2])) }
        if random.chance(15) { properties.append(.userProperty(UTF8Text("k"), UTF8Text("w"))) }
        return properties
    }

    func qos(_ random: inout SeededRandom) -> QoS { QoS(rawValue: UInt8(random.among(0...maximumQoS))) ?? .atMostOnce }

    func connect(_ client: VirtualClient, willNumber: Int) -> ConnectPacket {
        let version = client.version
        var packet = ConnectPacket(
            version: version, cleanStart: client.random.chance(25),
            keepAliveSeconds: keepAlives && client.random.chance(50) ? UInt16(client.random.among(1...5)) : 0,
            clientID: UTF8Text(client.clientID))
        if version == .v5 {
            let expiry = client.random.pick(isBusy ? [0, 2, 600, 600, 600] : [0, 0, 1, 2, 5, 30, 600, UInt32.max])
            if expiry > 0 || client.random.chance(20) { packet.properties.append(.sessionExpiryInterval(seconds: expiry)) }
            if client.receiveMaximum < 65_535 { packet.properties.append(.receiveMaximum(client.receiveMaximum)) }
            if let size = client.maximumPacketSize { packet.properties.append(.maximumPacketSize(size)) }
            if client.topicAliasMaximum > 0 { packet.properties.append(.topicAliasMaximum(client.topicAliasMaximum)) }
        }
        if client.random.chance(50) {
            var topic = client.random.chance(50) ? "will/\(client.index)" : self.topic(&client.random)
            if shards > 1, sharedTopics.contains(topic) { topic = "a" }
            var will = ConnectPacket.Will(
                qos: qos(&client.random), retain: topic.hasPrefix("will") && client.random.chance(30), topic: UTF8Text(topic),
                payload: payload(willNumber, &client.random))
            if will.payload.count > 3_000 { will.payload = Array("\(willNumber).".utf8) }
            if version == .v5 {
                will.properties = PropertyList(properties(&client.random))
                if client.random.chance(60) {
                    will.properties.append(.willDelayInterval(seconds: client.random.pick([1, 2, 3, 5, 30])))
                }
            }
            packet.will = will
        }
        return packet
    }

    /// One thing a client does.
    func act(_ client: VirtualClient, _ network: VirtualNetwork, number: Int) {
        guard client.connection != nil else {
            client.connect(connect(client, willNumber: number))
            // Some do not wait for CONNACK with what comes next.
            if shards > 1, client.random.chance(30) { client.send(.pingRequest) }
            return
        }
        guard client.isConnected else {
            // Impatient: a new connection while the old one is still open. Of two CONNECTs on their way, free shards may
            // deal with the second first, and the ledger would not know which session is which.
            if client.random.chance(5), !isBusy { client.connect(connect(client, willNumber: number)) }
            return
        }
        client.acknowledgeLate(client.random.among(0...4))
        switch client.random.below(100) {
        case 0..<55: publish(client, number)
        case 55..<72: subscribe(client)
        case 72..<79: unsubscribe(client)
        case 79..<88: break
        case 88..<90: client.send(.pingRequest)
        case 90..<92: disconnect(client)
        case 92..<94: client.loseConnection(.reset)
        case 94..<95: client.loseConnection(.silence)
        case 95..<96: client.loseConnection(.halfClose)
        case 96..<98: client.connect(connect(client, willNumber: number))
        default: intrude(client, network)
        }
    }

    private func publish(_ client: VirtualClient, _ number: Int) {
        // A few at once, as applications do.
        for i in 0..<client.random.pick(isBusy ? [1, 2, 3, 8] : [1, 1, 1, 3, 8]) {
            var qos = qos(&client.random)
            if qos > .atMostOnce, !client.mayPublishWithAcknowledgement { qos = .atMostOnce }
            let retain = client.random.chance(retainsOften || isSparse ? 50 : 10)
            var topic = topic(&client.random)
            // Its own shard forwards it to the share only when the share's owner has heard of the member.
            if shards > 1, client.awaitsShare, sharedTopics.contains(topic) { topic = "a" }
            // Two empty messages of a share could not be told apart.
            let clears = retain && !topic.hasPrefix("$") && client.random.chance(isSparse ? 40 : 15)
            let payload = clears ? [] : payload(number * 10 + i, &client.random)
            client.publish(
                topic: topic, qos: qos, retain: retain, properties: properties(&client.random), payload: payload)
        }
    }

    private func subscribe(_ client: VirtualClient) {
        var filters: [String] = []
        for _ in 0..<client.random.among(1...3) {
            let filter =
                !client.filters.isEmpty && client.random.chance(25) ? client.random.pick(client.filters) : self.filter(&client.random)
            if !filters.contains(filter) { filters.append(filter) }
        }
        let isModern = client.version == .v5
        let requests = filters.map { filter in
            SubscribePacket.Request(
                filter: UTF8Text(filter),
                options: SubscriptionOptions(
                    maximumQoS: max(grantedAtLeast(filter), QoS(rawValue: UInt8(client.random.below(3))) ?? .atMostOnce),
                    noLocal: isModern && !filter.hasPrefix("$share") && client.random.chance(20),
                    retainAsPublished: isModern && client.random.chance(30),
                    retainHandling: isModern
                        ? client.random.pick([.sendAtSubscribe, .sendAtSubscribe, .sendIfNew, .doNotSend]) : .sendAtSubscribe))
        }
        client.filters += filters
        var packet = SubscribePacket(packetID: client.nextPacketID(), requests: requests)
        if isModern, client.random.chance(50) {
            packet.properties.append(.subscriptionIdentifier(UInt32(client.random.pick([1, 2, 127, 128, 20_000]))))
        }
        client.send(.subscribe(packet))
    }

    private func grantedAtLeast(_ filter: String) -> QoS { keepsShares && filter.hasPrefix("$share") ? .atLeastOnce : .atMostOnce }

    /// A client has subscribed, and another that heard of it publishes at once.
    func answer(_ packet: SubscribePacket, _ client: VirtualClient, number: Int) {
        guard let filter = packet.requests.first?.filter.string, !filter.hasPrefix("$"), !filter.contains("#"), !filter.contains("+")
        else { return }
        client.publish(
            topic: filter, qos: client.mayPublishWithAcknowledgement ? .atLeastOnce : .atMostOnce, retain: retainsOften, properties: [],
            payload: payload(number, &client.random))
    }

    private func unsubscribe(_ client: VirtualClient) {
        let known = !client.filters.isEmpty && client.random.chance(80)
        let filter = known ? client.filters.remove(at: client.random.below(client.filters.count)) : filter(&client.random)
        if grantedAtLeast(filter) > .atMostOnce { return }
        client.send(.unsubscribe(UnsubscribePacket(packetID: client.nextPacketID(), filters: [UTF8Text(filter)])))
    }

    private func disconnect(_ client: VirtualClient) {
        var packet = DisconnectPacket()
        if client.version == .v5 {
            if client.random.chance(30) { packet.reasonCode = .disconnectWithWillMessage }
            if client.sessionExpiry > 0, client.random.chance(30) {
                packet.properties.append(.sessionExpiryInterval(seconds: client.random.pick([0, 1, 10])))
            }
        }
        client.disconnect(packet)
    }

    /// Somebody who is no client at all.
    private func intrude(_ client: VirtualClient, _ network: VirtualNetwork) {
        let stranger = network.open(by: -1, window: 1_000, latency: 10...500, SeededRandom(seed: client.random.next()))
        switch client.random.below(4) {
        case 0: network.write([0x30, 3, 0, 1], to: stranger)
        case 1: network.write([0x10, 200, 1, 0, 4], to: stranger)
        case 2: network.write(Array("GET / HTTP/1.1\r\n\r\n".utf8), to: stranger)
        default: network.end(stranger)
        }
    }
}
