/// Topic Filters as §4.7 tells them, level by level; shares nothing with the broker's own matching.
package enum TopicMatching {
    package static func matches(_ filter: String, _ topic: String) -> Bool {
        let wanted = filter.split(separator: "/", omittingEmptySubsequences: false)
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        if topic.hasPrefix("$"), wanted[0] == "#" || wanted[0] == "+" { return false }
        for (i, level) in wanted.enumerated() {
            if level == "#" { return true }
            guard i < levels.count, level == "+" || level == levels[i] else { return false }
        }
        return wanted.count == levels.count
    }

    /// `$share/{ShareName}/{filter}` taken apart.
    static func share(of text: String) -> (name: String?, filter: String) {
        guard text.hasPrefix("$share/") else { return (nil, text) }
        let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        return (String(parts[1]), String(parts[2]))
    }
}
