/// CONNECT with one field wrong, or at the edge of what is right.
enum ConnectCases {
    /// The parts of a CONNECT, each to be spoilt.
    struct Fields {
        var version: Version
        var name: [UInt8]
        var level: UInt8
        var flags: UInt8 = 0x02
        var keepAlive = 60
        var clientID = string(unusedClientID())
        var will: [UInt8] = []
        var userName: [UInt8] = []
        var password: [UInt8] = []

        init(_ version: Version) {
            self.version = version
            name = string(version == .v3_1 ? "MQIsdp" : "MQTT")
            level = version.rawValue
        }

        var body: [UInt8] {
            name + [level, flags] + twoBytes(keepAlive) + (version == .v5 ? [0] : []) + clientID + will + userName + password
        }
        var bytes: [UInt8] { packet(0x10, body) }

        /// With Will, user name and password.
        static func full(_ version: Version) -> Fields {
            var fields = Fields(version)
            fields.flags = 0xC6
            fields.will = (version == .v5 ? [0] : []) + string("gone") + string("x")
            fields.userName = string("user")
            fields.password = string("word")
            return fields
        }
    }

    /// All 256 Connect Flags, each with the payload it promises.
    static func flags(_ version: Version) -> [WireCase] {
        (UInt8.min...UInt8.max).map { flags in
            var fields = Fields(version)
            fields.flags = flags
            if flags & 0x04 != 0 { fields.will = Fields.full(version).will }
            if flags & 0x80 != 0 { fields.userName = string("user") }
            if flags & 0x40 != 0 { fields.password = string("word") }
            let name = "Connect Flags \(hex(flags))"
            let isRight =
                switch version {
                case .v3_1: flags & 0x18 != 0x18
                default:
                    flags & 0x01 == 0 && flags & 0x18 != 0x18 && (flags & 0x04 != 0 || flags & 0x38 == 0)
                        && (version == .v5 || flags & 0xC0 != 0x40)
                }
            return isRight ? .accepted(name, version, fields.bytes) : .refused(name, version, fields.bytes, 0x81)
        }
    }

    /// All 256 levels under both names. 0x83 and 0x84 are those of bridges: their mark, the highest bit, changes no form.
    static func levels() -> [WireCase] {
        ["MQTT", "MQIsdp"].flatMap { name in
            (UInt8.min...UInt8.max).map { level in
                var fields = Fields(level == 5 ? .v5 : .v3_1_1)
                fields.name = string(name)
                fields.level = level
                let known: Set<UInt8> = name == "MQTT" ? [4, 5, 0x84] : [3, 0x83]
                let isKnown = known.contains(level)
                return WireCase(
                    name: "\(name), level \(level)", version: fields.version, stage: .connect, bytes: fields.bytes,
                    expected: isKnown ? [.served([])] : [level & 0x7F < 5 ? .returnCode(1) : .connack(0x84)])
            }
        }
    }

    /// A protocol name nobody knows learns nothing [MQTT-3.1.2-1].
    static func names(_ version: Version) -> [WireCase] {
        ["", "M", "MQT", "MQTTX", "mqtt", "MQIsd", "MQIsdpX", "mqisdp", "HTTP", "MQTT\0", "\u{FEFF}MQTT"].map { name in
            var fields = Fields(version)
            fields.name = string(name)
            return WireCase(name: "protocol name '\(name)'", version: version, stage: .connect, bytes: fields.bytes, expected: [.closed])
        }
            + [0, 3, 5, 255, 65_535].map { length in
                var fields = Fields(version)
                fields.name.replaceSubrange(0..<2, with: twoBytes(length))
                return WireCase(name: "name length \(length)", version: version, stage: .connect, bytes: fields.bytes, expected: [.closed])
            }
    }

    static func values(_ version: Version) -> [WireCase] {
        var cases: [WireCase] = []
        for seconds in [0, 1, 65_535] {
            var fields = Fields(version)
            fields.keepAlive = seconds
            cases.append(.accepted("Keep Alive \(seconds)", version, fields.bytes))
        }
        for isClean in [true, false] {
            var fields = Fields(version)
            fields.clientID = string("")
            fields.flags = isClean ? 0x02 : 0x00
            let isRight = version == .v5 || (version == .v3_1_1 && isClean)
            cases.append(
                WireCase(
                    name: "no Client Identifier, clean: \(isClean)", version: version, stage: .connect, bytes: fields.bytes,
                    expected: [isRight ? .served([]) : .returnCode(2)]))
        }
        for count in [1, 23, 24, 65_535] {
            var fields = Fields(version)
            fields.clientID = string([UInt8](repeating: UInt8(ascii: "x"), count: count))
            // 3.1 knows identifiers of 1 to 23 characters only.
            cases.append(
                WireCase(
                    name: "Client Identifier of \(count) bytes", version: version, stage: .connect, bytes: fields.bytes,
                    expected: [version == .v3_1 && count > 23 ? .returnCode(2) : .served([])]))
        }
        for topic in ["#", "+", "a/#", "a/+/b", "a+", ""] {
            var fields = Fields.full(version)
            fields.will = (version == .v5 ? [0] : []) + string(topic) + string("x")
            cases.append(.refused("Will Topic '\(topic)'", version, fields.bytes, 0x90))
        }
        var empty = Fields.full(version)
        empty.will = (version == .v5 ? [0] : []) + string("gone") + string("")
        empty.userName = string("")
        empty.password = string("")
        cases.append(.accepted("empty payload, user name and password", version, empty.bytes))
        var binary = Fields.full(version)
        binary.will = (version == .v5 ? [0] : []) + string("gone") + string([0, 0xFF])
        binary.password = string([0, 0xFF])
        cases.append(.accepted("bytes that are no text as payload and password", version, binary.bytes))
        return cases
    }

    static func strings(_ version: Version) -> [WireCase] {
        let places: [(String, WritableKeyPath<Fields, [UInt8]>)] = [
            ("Client Identifier", \.clientID), ("Will Topic", \.will), ("user name", \.userName),
        ]
        return places.flatMap { name, place -> [WireCase] in
            func fields(_ text: [UInt8]) -> [UInt8] {
                var fields = Fields.full(version)
                fields[keyPath: place] =
                    place == \.will ? (version == .v5 ? [0] : []) + string(text) + string("x") : string(text)
                return fields.bytes
            }
            // 3.1 has no room for 65,535 bytes of Client Identifier.
            let isShort = version == .v3_1 && place == \.clientID
            return (illFormedStrings + unwelcomeStrings).map { .refused("\(name) is \($0.name)", version, fields($0.bytes), 0x81) }
                + welcomeStrings.filter { !isShort || $0.bytes.count <= 23 }.map {
                    .accepted("\(name) is \($0.name)", version, fields($0.bytes))
                }
        }
    }

    /// The packet cut off after every one of its bytes, and with a byte too many.
    static func lengths(_ version: Version) -> [WireCase] {
        let full = Fields.full(version)
        let body = full.body
        // Clients of 3.1 may leave out user name and password although the flags promise them.
        let ends = version == .v3_1 ? [body.count - 12, body.count - 6] : []
        let levelEnd = full.name.count + 1
        var cases: [WireCase] = (0..<body.count).map { count in
            let name = "CONNECT of \(count) bytes instead of \(body.count)"
            let bytes = packet(0x10, Array(body.prefix(count)))
            if ends.contains(count) { return .accepted(name, version, bytes) }
            // Before its level nobody knows in what form to answer.
            if count < levelEnd { return WireCase(name: name, version: version, stage: .connect, bytes: bytes, expected: [.closed]) }
            return .refused(name, version, bytes, 0x81)
        }
        cases.append(.refused("CONNECT with a byte too many", version, packet(0x10, body + [0]), 0x81))
        return cases + stringLengths(version)
    }

    /// Every length in the payload one short and one long: what follows is read from the wrong byte.
    private static func stringLengths(_ version: Version) -> [WireCase] {
        let full = Fields.full(version)
        let places: [(String, WritableKeyPath<Fields, [UInt8]>, Int)] = [
            ("Client Identifier", \.clientID, 0), ("Will Topic", \.will, version == .v5 ? 1 : 0),
            ("Will Payload", \.will, full.will.count - 3), ("user name", \.userName, 0), ("password", \.password, 0),
        ]
        return places.flatMap { name, place, offset in
            [-1, 1].map { difference in
                var fields = full
                fields[keyPath: place][offset + 1] = UInt8(Int(fields[keyPath: place][offset + 1]) + difference)
                return .refused("length of \(name) changed by \(difference)", version, fields.bytes, 0x81, 0x82, 0x90)
            }
        }
    }
}
