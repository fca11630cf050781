/// SUBSCRIBE and UNSUBSCRIBE with one field wrong, or at the edge of what is right.
enum SubscribeCases {
    private static func none(_ version: Version) -> [UInt8] { version == .v5 ? [0] : [] }

    private static func subscribe(_ version: Version, _ filter: [UInt8], options: UInt8 = 1, packetID: Int = 10) -> [UInt8] {
        packet(0x82, twoBytes(packetID) + none(version) + string(filter) + [options])
    }

    private static func unsubscribe(_ version: Version, _ filter: [UInt8], packetID: Int = 10) -> [UInt8] {
        packet(0xA2, twoBytes(packetID) + none(version) + string(filter))
    }

    private static func suback(_ version: Version, _ code: UInt8) -> [UInt8] {
        packet(0x90, twoBytes(10) + none(version) + [code])
    }

    private static func unsuback(_ version: Version, _ code: UInt8) -> [UInt8] {
        version == .v5 ? packet(0xB0, twoBytes(10) + [0, code]) : [0xB0, 2, 0, 10]
    }

    /// All 256 Subscription Options, for a plain filter and a shared one.
    static func options(_ version: Version) -> [WireCase] {
        ["a/b", "$share/g/a"].flatMap { filter in
            (UInt8.min...UInt8.max).map { options in
                let bytes = subscribe(version, Array(filter.utf8), options: options)
                let name = "options \(hex(options)) for \(filter)"
                let isQoS3 = options & 3 == 3
                switch version {
                case .v3_1:
                    return isQoS3 ? .ended(name, version, bytes, 0x81) : .served(name, version, bytes, suback(version, options & 3))
                case .v3_1_1:
                    return options > 2 ? .ended(name, version, bytes, 0x81) : .served(name, version, bytes, suback(version, options))
                case .v5:
                    let isShared = filter.hasPrefix("$share") && options & 0x04 != 0
                    let breaksProtocol = isQoS3 || options & 0x30 == 0x30 || isShared
                    if options & 0xC0 != 0 { return .ended(name, version, bytes, breaksProtocol ? [0x81, 0x82] : [0x81]) }
                    if breaksProtocol { return .ended(name, version, bytes, 0x82) }
                    return .served(name, version, bytes, suback(version, options & 3))
                }
            }
        }
    }

    static func filters(_ version: Version) -> [WireCase] {
        var cases: [WireCase] = []
        let wrong = [
            "a/#/b", "a#", "#/", "##", "a+", "+a", "a/b+/c", "$share/", "$share/g", "$share/g/", "$share//a", "$share/+/a", "$share/g#/a",
        ]
        for filter in wrong {
            let bytes = subscribe(version, Array(filter.utf8))
            // 3.1 knows no failure: the broker may only pretend, or close.
            let code: UInt8 = version == .v5 ? 0x8F : version == .v3_1_1 ? 0x80 : 0
            cases.append(.served("SUBSCRIBE to '\(filter)'", version, bytes, suback(version, code)))
            cases.append(
                .served("UNSUBSCRIBE from '\(filter)'", version, unsubscribe(version, Array(filter.utf8)), unsuback(version, 0x8F)))
        }
        for filter in [
            "#", "+", "/", "+/+", "a/#", "a//b", "/+/#", " ", "$SYS/none", "$share/g//a", "$share/g/$x/#", "$shared/a", "$SHARE/g/a",
        ] {
            cases.append(
                .served("SUBSCRIBE to '\(filter)'", version, subscribe(version, Array(filter.utf8), options: 2), suback(version, 2)))
            cases.append(
                .served("UNSUBSCRIBE from '\(filter)'", version, unsubscribe(version, Array(filter.utf8)), unsuback(version, 0x11)))
        }
        // An empty one is no filter at all [MQTT-4.7.3-1 of 3.1.1]; 5.0 has a code for it.
        if version == .v5 {
            cases.append(.served("SUBSCRIBE to nothing", version, subscribe(version, []), suback(version, 0x8F)))
            cases.append(.served("UNSUBSCRIBE from nothing", version, unsubscribe(version, []), unsuback(version, 0x8F)))
        } else {
            cases.append(.ended("SUBSCRIBE to nothing", version, subscribe(version, []), 0x82))
            cases.append(.ended("UNSUBSCRIBE from nothing", version, unsubscribe(version, []), 0x82))
        }
        let deep = [UInt8](repeating: UInt8(ascii: "/"), count: 200)
        let refusal: UInt8 = version == .v5 ? 0x8F : version == .v3_1_1 ? 0x80 : 0
        cases.append(.served("SUBSCRIBE to 201 levels", version, subscribe(version, deep), suback(version, refusal)))
        cases.append(.served("SUBSCRIBE to 200 levels", version, subscribe(version, deep.dropLast()), suback(version, 1)))
        for text in illFormedStrings + unwelcomeStrings {
            cases.append(.ended("SUBSCRIBE to \(text.name)", version, subscribe(version, text.bytes), 0x81))
            cases.append(.ended("UNSUBSCRIBE from \(text.name)", version, unsubscribe(version, text.bytes), 0x81))
        }
        for text in welcomeStrings {
            cases.append(.served("SUBSCRIBE to \(text.name)", version, subscribe(version, text.bytes), suback(version, 1)))
            cases.append(.served("UNSUBSCRIBE from \(text.name)", version, unsubscribe(version, text.bytes), unsuback(version, 0x11)))
        }
        return cases
    }

    /// Cut off after every byte, left over, identifier 0, lists without an entry.
    static func lengths(_ version: Version) -> [WireCase] {
        var cases: [WireCase] = []
        let head = twoBytes(10) + (version == .v5 ? [7, 0x26] + string("a") + string("b") : [])
        let shapes: [(first: UInt8, answer: UInt8, list: [UInt8])] = [
            (0x82, 0x90, string("a/b") + [1] + string("c") + [0]), (0xA2, 0xB0, string("a/b") + string("c")),
        ]
        for shape in shapes {
            let body = head + shape.list
            let firstEnd = head.count + (shape.first == 0x82 ? 6 : 5)
            for count in 0..<body.count {
                let bytes = packet(shape.first, Array(body.prefix(count)))
                let name = "\(hex(shape.first)) of \(count) bytes instead of \(body.count)"
                if count == firstEnd {
                    let answer = shape.first == 0x82 ? suback(version, 1) : unsuback(version, 0x11)
                    cases.append(.served(name, version, bytes, answer))
                } else {
                    // Without an entry it is whole, but says nothing.
                    cases.append(.ended(name, version, bytes, count == head.count ? 0x82 : 0x81))
                }
            }
            cases.append(.ended("\(hex(shape.first)) with a byte too many", version, packet(shape.first, body + [0]), 0x81))
            for place in [head.count + 1, firstEnd + 1] {
                for difference in [-1, 1] {
                    var changed = body
                    changed[place] = UInt8(Int(changed[place]) + difference)
                    cases.append(
                        .ended("\(hex(shape.first)), length at \(place) by \(difference)", version, packet(shape.first, changed), 0x81))
                }
            }
            var zero = body
            zero.replaceSubrange(0..<2, with: [0, 0])
            cases.append(.ended("\(hex(shape.first)), identifier 0", version, packet(shape.first, zero), 0x82))
        }
        let many = (0..<200).flatMap { string("many/\($0)") + [UInt8($0 % 3)] }
        cases.append(
            .served(
                "SUBSCRIBE to 200 filters", version, packet(0x82, twoBytes(10) + none(version) + many),
                packet(0x90, twoBytes(10) + none(version) + (0..<200).map { UInt8($0 % 3) })))
        return cases
    }
}
