/// Every property in every packet: allowed or not, alone or twice, whole or not, its value in range or not.
enum PropertyCases {
    /// All 256 numbers, and some that take two bytes.
    static func identifiers(in holder: PropertyHolder) -> [WireCase] {
        var cases: [WireCase] = []
        for number in UInt8.min...UInt8.max {
            guard let rule = PropertyRule.all.first(where: { $0.identifier == number }) else {
                // From 0x80 on the byte promises a second one.
                cases.append(holder.wrong("unknown property \(hex(number))", [number, 0x01], 0x81))
                continue
            }
            let name = "property \(hex(number))"
            if rule.holders.contains(holder) {
                cases.append(single(rule, name, in: holder))
            } else if number == 0x0B, holder == .publish {
                cases.append(holder.wrong("\(name), which only servers send", rule.bytes, 0x82))
            } else if number == 0x1C, holder == .disconnect {
                cases.append(holder.wrong("\(name), which only servers send", rule.bytes, 0x81, 0x82))
            } else {
                cases.append(holder.wrong("\(name), out of place", rule.bytes, 0x81))
            }
        }
        return cases + [holder.wrong("property 0x26 in two bytes", [0xA6, 0x00] + string("a") + string("b"), 0x81)]
    }

    private static func single(_ rule: PropertyRule, _ name: String, in holder: PropertyHolder) -> WireCase {
        switch (rule.identifier, holder) {
        case (0x15, .connect): holder.wrong("\(name), a method nobody knows", rule.bytes, 0x8C)
        case (0x16, .connect): holder.wrong("\(name) without a method", rule.bytes, 0x82)
        default: holder.right(name, rule.bytes)
        }
    }

    static func repetitions(in holder: PropertyHolder) -> [WireCase] {
        PropertyRule.all.filter { $0.holders.contains(holder) }.map { rule in
            rule.identifier == 0x26
                ? holder.right("property 0x26 twice", rule.bytes + rule.bytes)
                : holder.wrong("property \(hex(rule.identifier)) twice", rule.bytes + rule.bytes, 0x82)
        }
    }

    static func truncations(in holder: PropertyHolder) -> [WireCase] {
        PropertyRule.all.filter { $0.holders.contains(holder) }.flatMap { rule in
            (1...rule.value.count).map { count in
                holder.wrong("property \(hex(rule.identifier)) without its last \(count) bytes", rule.bytes.dropLast(count), 0x81)
            }
        }
    }

    static func values(in holder: PropertyHolder) -> [WireCase] {
        PropertyRule.all.filter { $0.holders.contains(holder) }.flatMap { rule -> [WireCase] in
            let name = "property \(hex(rule.identifier))"
            switch rule.form {
            case .bit:
                return [2, 255].map { holder.wrong("\(name) is \($0)", [rule.identifier, $0], 0x82) }
            case .twoBytes, .fourBytes: return numbers(rule, name, in: holder)
            case .variable:
                return [
                    holder.right("\(name) is 1", [rule.identifier, 1]),
                    holder.wrong("\(name) is 0", [rule.identifier, 0], 0x82),
                    holder.wrong("\(name) is not minimal", [rule.identifier, 0x81, 0x00], 0x81),
                    holder.wrong("\(name) takes five bytes", [rule.identifier, 0x81, 0x80, 0x80, 0x80, 0x00], 0x81),
                ]
            case .string: return strings(rule, name, in: holder) { string($0) }
            case .pair:
                return strings(rule, "name of \(name)", in: holder) { string($0) + string("value") }
                    + strings(rule, "value of \(name)", in: holder) { string("name") + string($0) }
            case .binary:
                // Without a method only the bytes of PUBLISH and Will are right.
                guard holder == .publish || holder == .will else { return [] }
                let contents: [[UInt8]] = [[], [0], [0xFF, 0xC0], [UInt8](repeating: 0, count: 65_535)]
                return contents.map { holder.right("\(name) of \($0.count) bytes", [rule.identifier] + string($0)) }
            }
        }
    }

    private static func numbers(_ rule: PropertyRule, _ name: String, in holder: PropertyHolder) -> [WireCase] {
        let isShort = rule.form == .twoBytes
        let zero = [rule.identifier] + (isShort ? twoBytes(0) : fourBytes(0))
        let largest = [rule.identifier] + (isShort ? twoBytes(65_535) : fourBytes(0xFFFF_FFFF))
        switch rule.identifier {
        case 0x21, 0x27: return [holder.wrong("\(name) is 0", zero, 0x82), holder.right("\(name) is the largest", largest)]
        case 0x23:
            return [
                holder.wrong("\(name) is 0", zero, 0x94), holder.wrong("\(name) is the largest", largest, 0x94),
                holder.right("\(name) is the maximum", [rule.identifier] + twoBytes(32)),
                holder.wrong("\(name) is above the maximum", [rule.identifier] + twoBytes(33), 0x94),
            ]
        case 0x11 where holder == .disconnect: return [holder.wrong("\(name) raised from 0", largest, 0x82)]
        default: return [holder.right("\(name) is 0", zero), holder.right("\(name) is the largest", largest)]
        }
    }

    private static func strings(
        _ rule: PropertyRule, _ name: String, in holder: PropertyHolder, _ value: ([UInt8]) -> [UInt8]
    ) -> [WireCase] {
        var cases = illFormedStrings.map { holder.wrong("\(name) is \($0.name)", [rule.identifier] + value($0.bytes), 0x81) }
        if rule.identifier == 0x15, holder == .connect { return cases }
        for text in welcomeStrings { cases.append(holder.right("\(name) is \(text.name)", [rule.identifier] + value(text.bytes))) }
        guard rule.identifier == 0x08 else { return cases + [holder.right("\(name) is empty", [rule.identifier] + value([]))] }
        for text in ["", "#", "+", "a/#", "a/+/b"] {
            cases.append(holder.wrong("\(name) is '\(text)'", [rule.identifier] + string(text), 0x82))
        }
        return cases
    }

    /// The Property Length itself.
    static func lengths(in holder: PropertyHolder) -> [WireCase] {
        let pair = [0x26] + string("name") + string("value")
        let count = UInt8(pair.count)
        return [
            holder.right("no properties", []),
            holder.wrong("Property Length one short", field: [count - 1] + pair),
            holder.wrong("Property Length one long", field: [count + 1] + pair),
            holder.wrong("Property Length past the end", field: [0xFF, 0x7F] + pair),
            holder.wrong("Property Length not minimal", field: [count | 0x80, 0x00] + pair),
            holder.wrong("Property Length 0 in two bytes", field: [0x80, 0x00]),
            holder.wrong("Property Length 0 in four bytes", field: [0x80, 0x80, 0x80, 0x00]),
            holder.wrong("Property Length of five bytes", field: [0x80, 0x80, 0x80, 0x80, 0x01]),
        ]
    }
}
