import MQTTCodec
import Primitives

/// Both ends of QoS 1 and 2 [MQTT5 §4.3, §4.4].
extension Client {
    static let inFlight = 20

    var mayPublish: Bool { isConnected && outgoing.count < Self.inFlight }

    // Sending

    func publish(_ publication: Publication) {
        if publication.qos == .atMostOnce { return send(.publish(packet(publication, nil))) }
        let packetID = freePacketID()
        outgoing.append(Outgoing(publication: publication, packetID: packetID))
        send(.publish(packet(publication, packetID)))
    }

    func subscribe(to filter: String, qos: QoS) {
        let packetID = freePacketID()
        requests[packetID] = .subscribe(filter, asked: model.subscribes(session, to: filter))
        let options = SubscriptionOptions(maximumQoS: qos, retainHandling: version == .v5 ? .doNotSend : .sendAtSubscribe)
        send(.subscribe(SubscribePacket(packetID: packetID, requests: [.init(filter: UTF8Text(filter), options: options)])))
    }

    func unsubscribe(from filter: String) {
        let packetID = freePacketID()
        requests[packetID] = .unsubscribe(filter, asked: model.unsubscribes(session, from: filter))
        send(.unsubscribe(UnsubscribePacket(packetID: packetID, filters: [UTF8Text(filter)])))
    }

    /// In the order in which they were sent first (§4.4, §4.6).
    func sendAgain() {
        for unfinished in outgoing {
            if unfinished.isReleased {
                send(.acknowledgement(PublishAcknowledgement(.pubrel, packetID: unfinished.packetID)))
            } else {
                var packet = packet(unfinished.publication, unfinished.packetID)
                packet.dup = true
                send(.publish(packet))
            }
        }
    }

    func acknowledge(atMost count: Int) {
        for acknowledgement in late.prefix(count) { send(.acknowledgement(acknowledgement)) }
        late.removeFirst(min(count, late.count))
    }

    private func packet(_ publication: Publication, _ packetID: UInt16?) -> PublishPacket {
        var packet = PublishPacket(
            topic: UTF8Text(publication.topic), qos: publication.qos, packetID: packetID, payload: publication.payload)
        packet.retain = publication.retain
        return packet
    }

    /// The lowest: an identifier is used again at once, by a broker that may still remember what it stood for.
    private func freePacketID() -> UInt16 {
        (1...UInt16.max).first { number in requests[number] == nil && !outgoing.contains { $0.packetID == number } } ?? 1
    }

    // Receiving

    func received(_ packet: PublishPacket) {
        guard let packetID = packet.packetID else { return model.receives(packet, by: session, at: clock()) }
        guard packet.qos == .exactlyOnce else {
            model.receives(packet, by: session, at: clock())
            return late.append(PublishAcknowledgement(.puback, packetID: packetID))
        }
        let key = Publication.key(in: packet.payload) ?? ""
        if let known = incoming[packetID], known != key {
            violate("“\(key)” came under identifier \(packetID), which “\(known)” still has")
        }
        model.receives(packet, by: session, isRepeat: incoming[packetID] != nil, at: clock())
        incoming[packetID] = key
        late.append(PublishAcknowledgement(.pubrec, packetID: packetID))
    }

    func received(_ packet: PublishAcknowledgement) {
        if packet.kind == .pubrel {
            incoming[packet.packetID] = nil
            return late.append(PublishAcknowledgement(.pubcomp, packetID: packet.packetID))
        }
        guard let place = outgoing.firstIndex(where: { $0.packetID == packet.packetID }) else {
            return violate("\(packet.kind) \(packet.packetID) for nothing")
        }
        let unfinished = outgoing[place]
        if packet.reasonCode.isFailure, packet.kind != .pubcomp { violate("\(packet.kind) \(packet.packetID) \(packet.reasonCode)") }
        switch (packet.kind, unfinished.publication.qos, unfinished.isReleased) {
        case (.puback, .atLeastOnce, _):
            model.acknowledged(unfinished.publication)
            outgoing.remove(at: place)
        case (.pubrec, .exactlyOnce, _):
            model.acknowledged(unfinished.publication)
            outgoing[place].isReleased = true
            send(.acknowledgement(PublishAcknowledgement(.pubrel, packetID: packet.packetID)))
        case (.pubcomp, .exactlyOnce, true): outgoing.remove(at: place)
        default: violate("\(packet.kind) \(packet.packetID) out of turn")
        }
    }
}
