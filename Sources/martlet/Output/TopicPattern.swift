/// A Topic Filter as `-T` uses it [MQTT5 §4.7].
struct TopicPattern: Sendable {
    private let levels: [[UInt8]]

    /// - Throws: that `filter` is no Topic Filter
    init(_ filter: String) throws(Failure) {
        let levels = filter.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
        let isValid = levels.enumerated().allSatisfy { index, level in
            level.elementsEqual("+".utf8) || level.elementsEqual("#".utf8) && index == levels.count - 1
                || !level.contains(UInt8(ascii: "+")) && !level.contains(UInt8(ascii: "#"))
        }
        guard isValid, !filter.isEmpty else {
            throw Failure(
                .wrongUsage, "-T: expected a Topic Filter, with + and # alone between slashes and # at the end, found \"\(filter)\"")
        }
        self.levels = levels
    }

    func matches(_ topic: String) -> Bool {
        // Wildcards do not match what begins with $ [MQTT-4.7.2-1].
        if topic.utf8.first == UInt8(ascii: "$"), let first = levels.first?.first, first == UInt8(ascii: "#") || first == UInt8(ascii: "+")
        {
            return false
        }
        let names = topic.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, level) in levels.enumerated() {
            if level.elementsEqual("#".utf8) { return true }
            guard index < names.count, level.elementsEqual("+".utf8) || level.elementsEqual(names[index]) else { return false }
        }
        return names.count == levels.count
    }
}
