/// A Topic Filter as `-T` uses it [MQTT5 §4.7].
struct TopicPattern: Sendable {
    private let levels: [[UInt8]]

    init(_ filter: String) {
        levels = filter.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
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
