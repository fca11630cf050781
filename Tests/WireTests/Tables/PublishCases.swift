/// PUBLISH and its acknowledgements with one field wrong, or at the edge of what is right.
enum PublishCases {
    private static func none(_ version: Version) -> [UInt8] { version == .v5 ? [0] : [] }

    private static func publish(_ version: Version, topic: [UInt8], qos: UInt8 = 0, packetID: Int = 10) -> [UInt8] {
        packet(0x30 | qos << 1, string(topic) + (qos > 0 ? twoBytes(packetID) : []) + none(version) + Array("hi".utf8))
    }

    private static func puback(_ version: Version, _ code: UInt8) -> [UInt8] {
        version == .v5 ? [0x40, 3, 0, 10, code] : [0x40, 2, 0, 10]
    }

    static func topics(_ version: Version) -> [WireCase] {
        var cases: [WireCase] = []
        for topic in ["#", "+", "a/#", "a/+/b", "a#", "+a", "/+"] {
            cases.append(.ended("PUBLISH to '\(topic)'", version, publish(version, topic: Array(topic.utf8)), 0x90))
        }
        cases.append(.ended("PUBLISH to nothing", version, publish(version, topic: []), 0x82))
        for text in illFormedStrings + unwelcomeStrings {
            cases.append(.ended("PUBLISH to \(text.name)", version, publish(version, topic: text.bytes), 0x81))
        }
        for topic in ["/", "//", " ", "a b", "/a/", "$", "$other/x", "Ä/ö"] {
            let bytes = publish(version, topic: Array(topic.utf8), qos: 1)
            cases.append(.served("PUBLISH to '\(topic)'", version, bytes, puback(version, 0x10)))
        }
        for text in welcomeStrings {
            cases.append(.served("PUBLISH to \(text.name)", version, publish(version, topic: text.bytes, qos: 1), puback(version, 0x10)))
        }
        // Refused by its acknowledgement, never by closing.
        cases.append(
            .served("PUBLISH to $SYS", version, publish(version, topic: Array("$SYS/broker/x".utf8), qos: 1), puback(version, 0x87)))
        cases.append(.served("PUBLISH to $SYS, QoS 0", version, publish(version, topic: Array("$SYS/broker/x".utf8))))
        let deep = [UInt8](repeating: UInt8(ascii: "/"), count: 200)
        cases.append(.served("PUBLISH to 201 levels", version, publish(version, topic: deep, qos: 1), puback(version, 0x90)))
        cases.append(.served("PUBLISH to 200 levels", version, publish(version, topic: deep.dropLast(), qos: 1), puback(version, 0x10)))
        return cases
    }

    static func packetIdentifiers(_ version: Version) -> [WireCase] {
        var cases: [WireCase] = []
        for qos: UInt8 in [1, 2] {
            cases.append(.ended("PUBLISH QoS \(qos), identifier 0", version, publish(version, topic: [0x61], qos: qos, packetID: 0), 0x82))
            let answer: [UInt8] = [qos == 1 ? 0x40 : 0x50] + (version == .v5 ? [3, 0xFF, 0xFF, 0x10] : [2, 0xFF, 0xFF])
            let bytes = publish(version, topic: [0x61], qos: qos, packetID: 65_535)
            cases.append(.served("PUBLISH QoS \(qos), identifier 65,535", version, bytes, answer))
        }
        for first: UInt8 in [0x40, 0x50, 0x62, 0x70] {
            cases.append(.ended("\(hex(first)), identifier 0", version, packet(first, [0, 0]), 0x82))
        }
        return cases
    }

    /// PUBLISH cut off after every one of its bytes; what comes after the properties is payload, of any length.
    static func lengths(_ version: Version) -> [WireCase] {
        var cases: [WireCase] = []
        for qos: UInt8 in [0, 1, 2] {
            let head = string("a/b") + (qos > 0 ? twoBytes(10) : []) + (version == .v5 ? [7, 0x26] + string("a") + string("b") : [])
            let ack: [UInt8] = qos == 0 ? [] : [qos == 1 ? 0x40 : 0x50] + (version == .v5 ? [3, 0, 10, 0x10] : [2, 0, 10])
            for count in 0..<head.count {
                let bytes = packet(0x30 | qos << 1, Array(head.prefix(count)))
                cases.append(.ended("PUBLISH QoS \(qos) of \(count) bytes", version, bytes, 0x81))
            }
            for payload in [0, 1, 100_000] {
                let bytes = packet(0x30 | qos << 1, head + [UInt8](repeating: 0, count: payload))
                cases.append(.served("PUBLISH QoS \(qos) with \(payload) bytes", version, bytes, ack))
            }
            cases.append(
                .ended("topic past the end, QoS \(qos)", version, packet(0x30 | qos << 1, [0xFF, 0xFF] + head.dropFirst(2)), 0x81))
        }
        for first: UInt8 in [0x40, 0x50, 0x62, 0x70] {
            for count in 0...1 {
                cases.append(.ended("\(hex(first)) of \(count) bytes", version, packet(first, [UInt8](repeating: 1, count: count)), 0x81))
            }
            cases.append(.ended("\(hex(first)) with bytes left over", version, packet(first, twoBytes(10) + [0, 0, 0]), 0x81))
        }
        return cases
    }

    /// Topic Aliases: looked up, replaced, never set [MQTT-3.3.2-8] [MQTT-3.3.2-12].
    static func aliases() -> [WireCase] {
        func publish(_ topic: String, alias: Int) -> [UInt8] {
            packet(0x32, string(topic) + twoBytes(10) + [3, 0x23] + twoBytes(alias))
        }
        let ack = puback(.v5, 0x10)
        return [
            .served("an alias set and used", .v5, publish("a", alias: 1) + publish("", alias: 1), ack + ack),
            .served(
                "an alias replaced and used", .v5, publish("a", alias: 1) + publish("b", alias: 1) + publish("", alias: 1), ack + ack + ack),
            .ended("an alias nobody set", .v5, publish("", alias: 5), 0x82),
        ]
    }

    /// An identifier whose QoS 2 exchange is not finished, sent again and used for something else [MQTT-2.2.1-3] [MQTT-4.3.3-10].
    static func identifiersInUse() -> [WireCase] {
        let begun = publish(.v5, topic: [0x61], qos: 2)
        let pubrec: [UInt8] = [0x50, 3, 0, 10, 0x10]
        let subscribe = packet(0x82, twoBytes(10) + [0] + string("a") + [0])
        let unsubscribe = packet(0xA2, twoBytes(10) + [0] + string("a"))
        return [
            .served("a QoS 2 message again", .v5, begun + begun, pubrec + [0x50, 2, 0, 10]),
            .served("its identifier for QoS 1", .v5, begun + publish(.v5, topic: [0x61], qos: 1), pubrec + puback(.v5, 0x91)),
            .served("its identifier for SUBSCRIBE", .v5, begun + subscribe, pubrec + [0x90, 4, 0, 10, 0, 0x91]),
            .served("its identifier for UNSUBSCRIBE", .v5, begun + unsubscribe, pubrec + [0xB0, 4, 0, 10, 0, 0x91]),
        ]
    }

    /// Receive Maximum, and the end of a QoS 2 exchange [MQTT-3.3.4-7].
    static func dialogues(_ version: Version) -> [WireCase] {
        let maximum = (1...100).flatMap { publish(version, topic: [0x61], qos: 2, packetID: $0) }
        let received = (1...100).flatMap { packet(0x50, twoBytes($0) + (version == .v5 ? [0x10] : [])) }
        let one = publish(version, topic: [0x61], qos: 2, packetID: 101)
        let hundredAndFirst: WireCase =
            version == .v5
            ? WireCase(
                name: "a QoS 2 message above Receive Maximum", version: version, bytes: maximum + one,
                expected: [.other(received + [0xE0, 1, 0x93])])
            : .served("101 QoS 2 messages", version, maximum + one, received + [0x50, 2, 0, 101])
        return [
            .served("as many QoS 2 messages as Receive Maximum", version, maximum, received),
            hundredAndFirst,
            .served(
                "PUBREL of the only QoS 2 message", version, publish(version, topic: [0x61], qos: 2) + [0x62, 2, 0, 10],
                [0x50] + (version == .v5 ? [3, 0, 10, 0x10] : [2, 0, 10]) + [0x70, 2, 0, 10]),
        ]
    }
}
