/// What a subscription asks for, with or without a share name [MQTT5 §4.7.1, §4.8.2].
public struct TopicFilter: Hashable, Sendable {
    /// All of it, as in SUBSCRIBE.
    public let text: UTF8Text
    /// The ShareName, when this is a Shared Subscription.
    public let shareName: UTF8Text?
    /// What topics are compared with: `text` without `$share/{ShareName}/`.
    public let filter: UTF8Text
    public let hasWildcards: Bool
    /// Of `filter`.
    public let levelCount: Int

    /// Nil when `text` is not a valid Topic Filter.
    public init?(_ text: UTF8Text) {
        guard !text.isEmpty, text.bytes.count <= Int(UInt16.max) else { return nil }
        self.text = text
        if text.bytes.starts(with: Self.sharePrefix) {
            let rest = text.bytes.dropFirst(Self.sharePrefix.count)
            guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return nil }
            let name = Array(rest[..<slash])
            let inner = Array(rest[(slash + 1)...])
            // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
            guard !name.isEmpty, !name.contains(where: Self.isWildcard), !inner.isEmpty else { return nil }
            shareName = UTF8Text(unchecked: name)
            filter = UTF8Text(unchecked: inner)
        } else {
            shareName = nil
            filter = text
        }
        guard filter.bytes.withUnsafeBytes(Self.wildcardsAreAlone) else { return nil }
        hasWildcards = filter.bytes.contains(where: Self.isWildcard)
        levelCount = filter.bytes.withUnsafeBytes(TopicLevels.count)
    }

    /// Whether a message published under `topic` is for this filter; the ShareName has no part in it.
    public func matches(topic: UnsafeRawBufferPointer) -> Bool {
        filter.bytes.withUnsafeBytes { filter in
            // A leading wildcard does not reach topics that start with `$` [MQTT-4.7.2-1] [MQTT-4.7.2-1 of 3.1.1].
            if topic.first == UInt8(ascii: "$"), let first = filter.first, Self.isWildcard(first) { return false }
            var names = TopicLevels(topic)
            for level in TopicLevels(filter) {
                // `#` stands for the parent and any number of levels below it.
                if Self.isMultiLevel(level) { return true }
                guard let name = names.next() else { return false }
                guard Self.isSingleLevel(level) || level.elementsEqual(name) else { return false }
            }
            return names.isAtEnd
        }
    }

    public func matches(topic: UTF8Text) -> Bool { topic.bytes.withUnsafeBytes { matches(topic: $0) } }

    static let sharePrefix = Array("$share/".utf8)

    static func isShared(_ text: UTF8Text) -> Bool { text.bytes.starts(with: sharePrefix) }

    /// A wildcard is a whole level, and `#` the last one [MQTT-4.7.1-1] [MQTT-4.7.1-2]
    /// [MQTT-4.7.1-2 of 3.1.1] [MQTT-4.7.1-3 of 3.1.1].
    private static func wildcardsAreAlone(_ filter: UnsafeRawBufferPointer) -> Bool {
        var levels = TopicLevels(filter)
        while let level = levels.next() {
            if isMultiLevel(level), !levels.isAtEnd { return false }
            if level.count > 1, level.contains(where: isWildcard) { return false }
        }
        return true
    }

    private static func isWildcard(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#") }
    private static func isMultiLevel(_ level: UnsafeRawBufferPointer) -> Bool {
        level.count == 1 && level[0] == UInt8(ascii: "#")
    }
    private static func isSingleLevel(_ level: UnsafeRawBufferPointer) -> Bool {
        level.count == 1 && level[0] == UInt8(ascii: "+")
    }
}
