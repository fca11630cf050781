import MQTTCodec

/// The words of a `>` line → the packet to be sent.
enum PacketText {
    /// Says early, while the file is read, what would fail in the dialogue.
    static func check(_ line: PacketLine) throws(TextFault) {
        var line = line
        _ = line.takeVersion()
        _ = try packet(line, version: .v5)
    }

    /// The packet in `version`; properties are left out of a version that has none.
    static func packet(_ line: PacketLine, version: ProtocolVersion) throws(TextFault) -> Packet {
        var words = Words(line.words)
        let packet = try read(line.name, &words, version)
        if let left = words.left.first { throw TextFault("\(line.name) has no `\(left.key)`") }
        return packet
    }

    private static func read(
        _ name: String, _ words: inout Words, _ version: ProtocolVersion
    ) throws(TextFault) -> Packet {
        let properties = version < .v5 ? PropertyList() : PropertyList(try words.properties.mapWords(PropertyText.property))
        switch name {
        case "CONNECT": return .connect(try connect(&words, version, properties))
        case "PUBLISH": return .publish(try publish(&words, properties))
        case "PUBACK": return .acknowledgement(try acknowledgement(.puback, &words, properties))
        case "PUBREC": return .acknowledgement(try acknowledgement(.pubrec, &words, properties))
        case "PUBREL": return .acknowledgement(try acknowledgement(.pubrel, &words, properties))
        case "PUBCOMP": return .acknowledgement(try acknowledgement(.pubcomp, &words, properties))
        case "SUBSCRIBE":
            let id: UInt16 = try words.number("id")
            return .subscribe(
                SubscribePacket(packetID: id, properties: properties, requests: try requests(words.takeAll())))
        case "UNSUBSCRIBE":
            let id: UInt16 = try words.number("id")
            let filters = words.takeAll().compactMap { $0.key == "filter" ? $0.value : nil }
            return .unsubscribe(UnsubscribePacket(packetID: id, properties: properties, filters: filters.map { UTF8Text($0) }))
        case "PINGREQ": return .pingRequest
        case "DISCONNECT":
            return .disconnect(DisconnectPacket(reasonCode: try words.reason(or: .success), properties: properties))
        case "AUTH": return .auth(AuthPacket(reasonCode: try words.reason(or: .success), properties: properties))
        default: throw TextFault("a client sends no `\(name)`; other bytes are written with `bytes`")
        }
    }

    private static func connect(
        _ words: inout Words, _ version: ProtocolVersion, _ properties: PropertyList
    ) throws(TextFault) -> ConnectPacket {
        var connect = ConnectPacket(
            version: version, cleanStart: words.flag("clean"), keepAliveSeconds: try words.number("keepalive", or: 0),
            clientID: UTF8Text(words.text("id") ?? ""))
        connect.isBridge = words.flag("bridge")
        connect.userName = words.text("user").map { UTF8Text($0) }
        connect.password = words.text("password").map { Array($0.utf8) }
        connect.properties = properties
        if let topic = words.text("will-topic") {
            var will = ConnectPacket.Will(
                qos: try words.qos("will-qos"), retain: words.flag("will-retain"), topic: UTF8Text(topic),
                payload: Array((words.text("will-payload") ?? "").utf8))
            if version >= .v5 { will.properties = PropertyList(try words.willProperties.mapWords(PropertyText.property)) }
            connect.will = will
        }
        return connect
    }

    private static func publish(_ words: inout Words, _ properties: PropertyList) throws(TextFault) -> PublishPacket {
        var payload = Array((words.text("payload") ?? "").utf8)
        if let size: Int = try words.optionalNumber("payload-size") {
            payload = [UInt8](repeating: UInt8(ascii: "x"), count: size)
        }
        var publish = PublishPacket(
            topic: UTF8Text(words.text("topic") ?? ""), qos: try words.qos("qos"),
            packetID: try words.optionalNumber("id"), payload: payload)
        publish.dup = words.flag("dup")
        publish.retain = words.flag("retain")
        publish.properties = properties
        if (publish.packetID == nil) != (publish.qos == .atMostOnce) {
            throw TextFault("PUBLISH has an id exactly when its qos is 1 or 2")
        }
        return publish
    }

    private static func acknowledgement(
        _ kind: PublishAcknowledgement.Kind, _ words: inout Words, _ properties: PropertyList
    ) throws(TextFault) -> PublishAcknowledgement {
        PublishAcknowledgement(
            kind, packetID: try words.number("id"), reasonCode: try words.reason(or: .success), properties: properties)
    }

    /// `filter=a qos=1 filter=b no-local`: every `filter` begins a request, the words after it are its options.
    static func requests(_ words: [Word]) throws(TextFault) -> [SubscribePacket.Request] {
        var requests: [SubscribePacket.Request] = []
        for word in words {
            if word.key == "prop" { break }
            if word.key == "filter" {
                let filter = UTF8Text(word.value ?? "")
                requests.append(.init(filter: filter, options: SubscriptionOptions(maximumQoS: .atMostOnce)))
                continue
            }
            guard !requests.isEmpty else { throw TextFault("`\(word.key)` stands before the first `filter`") }
            try setOption(word, of: &requests[requests.count - 1].options)
        }
        guard !requests.isEmpty else { throw TextFault("`filter` is missing") }
        return requests
    }

    private static func setOption(_ word: Word, of options: inout SubscriptionOptions) throws(TextFault) {
        switch word.key {
        case "qos":
            guard let qos = UInt8(word.value ?? "").flatMap(QoS.init(rawValue:)) else { throw TextFault("qos is 0, 1 or 2") }
            options.maximumQoS = qos
        case "no-local": options.noLocal = true
        case "rap": options.retainAsPublished = true
        case "rh":
            guard let handling = UInt8(word.value ?? "").flatMap(SubscriptionOptions.RetainHandling.init(rawValue:)) else {
                throw TextFault("rh is 0, 1 or 2")
            }
            options.retainHandling = handling
        default: throw TextFault("a subscription has no option `\(word.key)`")
        }
    }
}
