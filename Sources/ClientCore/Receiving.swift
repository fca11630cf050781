import MQTTCodec
import MQTTSession
import Primitives

extension ClientCore {
    /// Takes whole packets from the front of `bytes`; how many bytes they were.
    mutating func decode(_ bytes: UnsafeRawBufferPointer, at now: Instant, into actions: inout ClientActions) -> Int {
        keepAlive.received(at: now)
        keepAlive.progressed(at: now, timeout: configuration.pingTimeout)
        var offset = 0
        do throws(MalformedPacket) {
            while phase == .connected || phase == .handshaking {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                guard let frame = try PacketDecoder.frame(rest, version: version) else { return offset }
                guard version < .v5 || frame.totalLength <= Int(configuration.maximumPacketSize) else {
                    throw MalformedPacket(.packetTooLarge, .packetTooLarge)
                }
                guard frame.totalLength <= rest.count else { return offset }
                let body = UnsafeRawBufferPointer(rebasing: rest[frame.headerLength..<frame.totalLength])
                offset += frame.totalLength
                if let error = try take(frame, body, at: now, into: &actions) {
                    refuse(error.reasonCode, "\(error)", at: now, into: &actions)
                }
            }
        } catch {
            // [MQTT-4.13.1-1] [MQTT-4.8.0-1 of 3.1.1]
            refuse(error.reasonCode, "a packet that cannot be read: \(error.fault)", at: now, into: &actions)
        }
        // The connection is over; nobody wants the rest.
        return bytes.count
    }

    /// Decodes a packet and decides about it; what the server did wrong in the dialogue.
    private mutating func take(
        _ frame: PacketDecoder.Frame, _ body: UnsafeRawBufferPointer, at now: Instant, into actions: inout ClientActions
    ) throws(MalformedPacket) -> ProtocolError? {
        if phase == .connected, frame.type == .publish {
            let view = try PacketDecoder.publish(
                flags: frame.flags, body: body, version: version, sender: .server, controlCharactersAllowed: true)
            let properties = view.properties.isEmpty ? PropertyList() : try view.propertyList(from: .server, controlCharactersAllowed: true)
            do throws(ProtocolError) { try published(view, properties, into: &actions) } catch { return error }
        } else {
            let packet = try PacketDecoder.packet(frame, body: body, version: version, sender: .server, controlCharactersAllowed: true)
            do throws(ProtocolError) { try handle(packet, at: now, into: &actions) } catch { return error }
        }
        return nil
    }

    private mutating func handle(_ packet: Packet, at now: Instant, into actions: inout ClientActions) throws(ProtocolError) {
        switch (packet, phase) {
        case (.connack(let packet), .handshaking): connected(packet, at: now, into: &actions)
        case (.auth(let packet), _): authenticated(packet, at: now, into: &actions)
        case (.acknowledgement(let packet), .connected): try acknowledged(packet, into: &actions)
        case (.suback(let packet), .connected): try subscribed(packet, into: &actions)
        case (.unsuback(let packet), .connected): try unsubscribed(packet, into: &actions)
        case (.pingResponse, .connected): pingAnswered(into: &actions)
        case (.disconnect(let packet), .connected): disconnected(packet, at: now, into: &actions)
        // Before CONNACK nothing but AUTH, and afterwards no second one [MQTT-3.2.0-1] [MQTT-3.2.0-2] [MQTT-3.2.0-1 of 3.1.1].
        default: throw .packetOutOfPlace
        }
    }

    private mutating func acknowledged(_ packet: PublishAcknowledgement, into actions: inout ClientActions) throws(ProtocolError) {
        switch packet.kind {
        case .puback: try puback(packet, into: &actions)
        case .pubrec: try pubrec(packet, into: &actions)
        case .pubcomp: try pubcomp(packet, into: &actions)
        case .pubrel: released(packet.packetID, into: &actions)
        }
    }

    // MARK: Messages

    /// How many times our Receive Maximum a server may have unacknowledged before it is given up [MQTT-3.3.4-9]. Strictly it is once; Mosquitto 2.0
    /// sends Retained Messages and what it has queued without counting all of them, and without this its clients would connect again for ever.
    static var overrun: Int { 16 }

    /// A message came. QoS 1 and 2 are acknowledged when their readers have dealt with them.
    private mutating func published(
        _ view: PublishView, _ properties: PropertyList, into actions: inout ClientActions
    ) throws(ProtocolError) {
        let topic = try topic(of: view)
        guard view.qos > .atMostOnce else {
            let message = ReceivedMessage(view, topic: topic, properties: properties, receipt: 0)
            _ = deliver(message, into: &actions)
            return
        }
        guard version < .v5 || arrivals.count < Int(configuration.receiveMaximum) * Self.overrun else { throw .receiveMaximumExceeded }
        if view.qos == .exactlyOnce {
            // Known already: it came again, and is not given to anybody once more [MQTT-4.3.3-10] [MQTT-4.3.3-2 of 3.1.1].
            if inboundFlows.contains(view.packetID) {
                if !arrivals.contains(view.packetID) { arrivals.addAgain(view.packetID) }
                return sendAcknowledgements(into: &actions)
            }
            inboundFlows.insert(view.packetID)
        }
        // It may be acknowledged only when it is known who wants it.
        let receipt = arrivals.add(view.packetID, view.qos, uses: 1)
        let uses = deliver(ReceivedMessage(view, topic: topic, properties: properties, receipt: receipt), into: &actions)
        arrivals.setUses(receipt, uses)
        // Whether or not somebody wants it [MQTT-4.5.0-2] [MQTT-3.3.4-1].
        if uses == 0 || !subscriptions.unclaimed.isEmpty { sendAcknowledgements(into: &actions) }
    }

    /// Readers have dealt with these.
    mutating func acknowledge(_ receipts: [UInt64], into actions: inout ClientActions) {
        for receipt in receipts { arrivals.acknowledge(receipt) }
        if phase == .connected { sendAcknowledgements(into: &actions) }
    }

    /// PUBACK and PUBREC in the order in which the messages came [MQTT-4.6.0-2] [MQTT-4.6.0-3] [MQTT-4.3.2-4] [MQTT-4.3.3-8]
    /// [MQTT-4.6.0-2 of 3.1.1] [MQTT-4.6.0-3 of 3.1.1].
    mutating func sendAcknowledgements(into actions: inout ClientActions) {
        while let (packetID, qos) = arrivals.takeAcknowledged() {
            send(.acknowledgement(PublishAcknowledgement(qos == .exactlyOnce ? .pubrec : .puback, packetID: packetID)), into: &actions)
        }
        // What nobody asks for may not stand in the way of the rest for ever: an earlier run may have left a filter that this one does not know.
        // While nothing waits behind it, it waits at the server, whole.
        if subscriptions.isClaimingOver, arrivals.count > unclaimedLimit, arrivals.isHoldingBack, let receipt = arrivals.firstReceipt,
            subscriptions.dropUnclaimed(receipt)
        {
            arrivals.acknowledge(receipt)
            sendAcknowledgements(into: &actions)
        }
    }

    /// PUBREL: the server knows that we have the message, and its identifier may mean another one from now on
    /// [MQTT-4.3.3-11] [MQTT-4.3.3-12].
    private mutating func released(_ packetID: UInt16, into actions: inout ClientActions) {
        let isKnown = inboundFlows.remove(packetID)
        let reason = isKnown || version < .v5 ? ReasonCode.success : .packetIdentifierNotFound
        send(.acknowledgement(PublishAcknowledgement(.pubcomp, packetID: packetID, reasonCode: reason)), into: &actions)
    }

    /// The Topic Name, said or meant by an alias [MQTT-3.3.2-10] [MQTT-3.3.2-12].
    private mutating func topic(of view: PublishView) throws(ProtocolError) -> String {
        guard view.topicAlias != 0 else { return subscriptions.text(of: view.topic) }
        guard incomingAliases.allows(view.topicAlias) else { throw .topicAliasInvalid }
        guard view.topic.isEmpty else {
            incomingAliases.set(view.topicAlias, to: view.topic)
            return subscriptions.text(of: view.topic)
        }
        guard let topic = incomingAliases.topic(for: view.topicAlias) else { throw .topicAliasUnknown }
        return subscriptions.text(of: topic.buffer)
    }
}

extension ReceivedMessage {
    fileprivate init(_ view: PublishView, topic: String, properties: PropertyList, receipt: UInt64) {
        self.init(
            topic: topic, payload: Array(view.payload), qos: view.qos, retain: view.retain, isDuplicate: view.dup,
            properties: view.topicAlias == 0 ? properties : properties.removing(.topicAlias), receipt: receipt)
    }
}
