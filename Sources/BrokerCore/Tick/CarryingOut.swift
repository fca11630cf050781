import MQTTCodec
import Primitives

/// Actions → bytes in the outboxes, and outboxes → the network.
extension Tick {
    /// Payloads from this size on are shared between receivers instead of copied.
    static let shareThreshold = 1_024

    /// A PUBLISH written for one receiver, to be copied for the next of the same layout.
    private struct Written: BitwiseCopyable {
        var start: UnsafeMutableRawPointer
        var layout: PublishLayout
        var message: UInt32
        var identifiers: UInt32
        var flags: UInt8
    }

    mutating func carryOut<Port: ShardPort & ~Copyable>(at now: Instant, _ port: inout Port) {
        guard !actions.isEmpty else { return }
        var written: Written?
        var next = 0
        while next < actions.count {
            let action = actions[next]
            next += 1
            let connection: UInt32
            switch action {
            case .publish(let publish):
                connection = publish.connection
                write(publish, at: now, &written)
            case .acknowledge(let target, let kind, let packetID, let reasonCode, let isPromise):
                connection = target
                acknowledge(kind, packetID, reasonCode, to: target, isPromise: isPromise)
            case .pingResponse(let target):
                connection = target
                let place = answer(2, to: target, waits: links.pointer(to: target).pointee.isGated)
                place.storeBytes(of: UInt16(0xD000).bigEndian, as: UInt16.self)
                core.counters.packetsSent &+= 1
            case .send(let target, let packet, let isPromise):
                connection = target
                send(actions.packets[Int(packet)], to: target, isPromise: isPromise)
            case .close(let target, let lingers):
                closing.append((target, lingers))
                continue
            }
            let link = links.pointer(to: connection)
            if !link.pointee.isDirty {
                link.pointee.isDirty = true
                dirty.append(connection)
            }
            if link.pointee.outbox.count > core.options.limits.outputBytes {
                if !link.pointee.isCongested {
                    written = nil
                    relieve(connection, at: now, &port)
                } else if link.pointee.unreadAnswers > core.options.limits.outputBytes {
                    core.handle(.answersUnread(connection), at: now, into: &actions)
                }
            }
        }
        actions.removeAll()
    }

    /// Encodes a PUBLISH once per layout; for further receivers in a row the bytes are copied and the Packet Identifier
    /// is put in. Large payloads are shared.
    @inline(__always)
    private mutating func write(_ action: PublishAction, at now: Instant, _ written: inout Written?) {
        let link = links.pointer(to: action.connection)
        let message = core.messages.pointer(to: action.message)
        let version = core.version(of: action.connection)
        let flags = (action.dup ? 8 : 0) | (action.retain ? 1 : 0) as UInt8
        let waits = waits(action, link)
        core.counters.publishBytesSent &+= UInt64(message.pointee.payloadLength)
        if action.topicAlias == 0, let model = written, model.message == action.message, model.layout.qos == action.qos,
            (model.layout.version == .v5) == (version == .v5), model.identifiers == action.subscriptionIdentifiers, model.flags == flags
        {
            let place = room(model.layout.totalLength, for: action, in: link, waits: waits)
            place.copySmall(from: model.start, byteCount: model.layout.totalLength)
            if action.qos != .atMostOnce {
                (place + model.layout.packetIDOffset).storeBytes(of: action.packetID.bigEndian, as: UInt16.self)
            }
        } else {
            let identifiers = core.identifierSets.bytes(of: action.subscriptionIdentifiers)
            let layout = PublishLayout(
                message: message.pointee, version: version, qos: action.qos, identifierBytes: version == .v5 ? identifiers.count : 0,
                topicAlias: action.topicAlias != 0, omitsTopic: action.omitsTopic)
            let payloadLength = Int(message.pointee.payloadLength)
            if payloadLength >= Self.shareThreshold {
                core.messages.own(action.message)
                guard let body = message.pointee.body else { return }
                let headLength = layout.totalLength - payloadLength
                let place =
                    waits
                    ? hold(
                        headLength, for: action.connection, asMessage: true, isPromise: action.isPromise, sharing: (body, message.pointee.payload, payloadLength))
                    : link.pointee.outbox.message(headLength, sharing: body, message.pointee.payload, payloadLength, &pool)
                _ = layout.writeHead(of: message.pointee, action, identifiers: identifiers, at: now, to: place)
            } else {
                let place = room(layout.totalLength, for: action, in: link, waits: waits)
                let payload = layout.writeHead(of: message.pointee, action, identifiers: identifiers, at: now, to: place)
                payload.copySmall(from: message.pointee.payload, byteCount: payloadLength)
                if action.topicAlias == 0 {
                    written = Written(
                        start: place, layout: layout, message: action.message, identifiers: action.subscriptionIdentifiers, flags: flags)
                }
            }
        }
        core.counters.publishSent &+= 1
        core.counters.packetsSent &+= 1
        core.messages.release(action.message)
        core.identifierSets.release(action.subscriptionIdentifiers)
    }

    @inline(__always)
    private mutating func acknowledge(
        _ kind: PublishAcknowledgement.Kind, _ packetID: UInt16, _ reasonCode: ReasonCode, to connection: UInt32, isPromise: Bool
    ) {
        let hasReason = reasonCode != .success && core.version(of: connection) == .v5
        let waits = (isPromise && !core.journal.isSettled) || links.pointer(to: connection).pointee.outbox.holds
        let place = answer(hasReason ? 5 : 4, to: connection, isPromise: isPromise, waits: waits)
        place.storeBytes(of: kind.rawValue << 4 | (kind == .pubrel ? 2 : 0), as: UInt8.self)
        place.storeBytes(of: hasReason ? 3 : 2, toByteOffset: 1, as: UInt8.self)
        place.storeBytes(of: packetID.bigEndian, toByteOffset: 2, as: UInt16.self)
        if hasReason { place.storeBytes(of: reasonCode.rawValue, toByteOffset: 4, as: UInt8.self) }
        core.counters.packetsSent &+= 1
    }

    /// Room for what a client asked for, or is told at its end.
    @inline(__always)
    private mutating func answer(
        _ size: Int, to connection: UInt32, behindMessages: Bool = false, isPromise: Bool = false, waits: Bool
    ) -> UnsafeMutableRawPointer {
        let link = links.pointer(to: connection)
        if link.pointee.isCongested { link.pointee.unreadAnswers += size }
        if waits { return hold(size, for: connection, asMessage: behindMessages, isPromise: isPromise) }
        return behindMessages ? link.pointee.outbox.message(size, &pool) : link.pointee.outbox.acknowledgement(size, &pool)
    }

    /// Writes a rare packet; one larger than the client's Maximum Packet Size is not sent [MQTT-3.1.2-24].
    private mutating func send(_ packet: Packet, to connection: UInt32, isPromise: Bool) {
        encoder.removeAll()
        PacketEncoder.encode(packet, version: core.version(of: connection), into: &encoder)
        guard encoder.count <= core.maximumPacketSize(of: connection) else { return }
        let isLast = if case .disconnect = packet { true } else { false }
        let isUnsuback = if case .unsuback = packet { true } else { false }
        // UNSUBACK keeps its place: messages routed before it must not come after it.
        let link = links.pointer(to: connection)
        let waits = (isPromise && !core.journal.isSettled) || link.pointee.isGated
        if waits { link.pointee.isGated = true }
        let place = answer(encoder.count, to: connection, behindMessages: isLast || isUnsuback, isPromise: isPromise, waits: waits)
        place.copySmall(from: encoder.bytes.baseAddress.unsafelyUnwrapped, byteCount: encoder.count)
        core.counters.packetsSent &+= 1
    }

    /// Too much is waiting for one connection: writes at once, and if that does not help, the core queues from now on.
    private mutating func relieve<Port: ShardPort & ~Copyable>(_ connection: UInt32, at now: Instant, _ port: inout Port) {
        post(&port)
        write(connection, &port)
        let link = links.pointer(to: connection)
        guard link.pointee.outbox.count > core.options.limits.outputBytes else { return }
        link.pointee.isCongested = true
        core.handle(.congested(connection), at: now, into: &actions)
    }

    /// The network can take more again.
    mutating func unblock<Port: ShardPort & ~Copyable>(_ connection: UInt32, _ port: inout Port) {
        let link = links.pointer(to: connection)
        guard link.pointee.isBlocked else { return }
        link.pointee.isBlocked = false
        port.watch(connection, readable: !link.pointee.isPaused, writable: false)
        write(connection, &port)
    }

    /// Writes as much of an outbox as the network takes.
    mutating func write<Port: ShardPort & ~Copyable>(_ connection: UInt32, _ port: inout Port) {
        let link = links.pointer(to: connection)
        while !link.pointee.outbox.isIdle, !link.pointee.isBlocked {
            slices.removeAll(keepingCapacity: true)
            link.pointee.outbox.slices(into: &slices, limit: 256)
            let wanted = slices.reduce(0) { $0 + $1.count }
            let taken = slices.withUnsafeBufferPointer { port.send(connection, $0) }
            if taken == -2 {
                // The end of the stream will be reported; nothing can be written any more.
                link.pointee.outbox.deallocate(&pool)
                break
            }
            if taken > 0 {
                link.pointee.outbox.drop(taken, &pool)
                core.counters.bytesSent &+= UInt64(taken)
            }
            if taken < wanted {
                link.pointee.isBlocked = true
                port.watch(connection, readable: !link.pointee.isPaused, writable: true)
            }
        }
        if link.pointee.isCongested, link.pointee.outbox.count <= core.options.limits.outputBytes / 2, core.isOpen(connection) {
            link.pointee.isCongested = false
            link.pointee.unreadAnswers = 0
            core.handle(.drained(connection), at: core.present, into: &actions)
        }
    }
}
