import MQTTCodec
import Testing

@Suite("Topic levels") struct TopicLevelsTests {
    @Test(
        "One level more than slashes, empty ones too",
        arguments: [
            "a", "a/b/c", "/", "//", "/a", "a/", "$share/g/x", "", "sport/tennis/player1",
        ])
    func levels(topic: String) {
        let expected = topic.split(separator: "/", omittingEmptySubsequences: false).map { Array($0.utf8) }
        Array(topic.utf8).withUnsafeBytes { raw in
            #expect(TopicLevels(raw).map { Array($0) } == expected)
            #expect(TopicLevels.count(raw) == expected.count)
            var levels = TopicLevels(raw)
            var taken = 0
            while !levels.isAtEnd {
                _ = levels.next()
                taken += 1
            }
            #expect(taken == expected.count)
            #expect(levels.next() == nil)
        }
    }
}
