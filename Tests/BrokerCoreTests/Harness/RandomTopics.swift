import MQTTCodec
import Primitives

/// Topics and filters of few levels and few names, so that random ones meet often.
struct RandomTopics {
    var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func topic() -> String {
        let names = ["a", "b", "", "$SYS", "long level", "$"]
        let levels = (0...Int.random(in: 0...3, using: &random)).map { _ in names.randomElement(using: &random) ?? "a" }
        let topic = levels.joined(separator: "/")
        return topic.isEmpty ? "/" : topic
    }

    mutating func filter() -> String {
        var levels = topic().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        for i in levels.indices where UInt8.random(in: 0..<3, using: &random) == 0 { levels[i] = "+" }
        if UInt8.random(in: 0..<3, using: &random) == 0 { levels.append("#") }
        if UInt8.random(in: 0..<12, using: &random) == 0 { return "#" }
        return levels.joined(separator: "/")
    }

    mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }
    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }
}

extension String {
    /// The bytes, for as long as `body` runs.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { Array(utf8).withUnsafeBytes(body) }
}

/// Whether a filter matches by the letter of the standard, and not by a tree.
func matches(_ filter: String, _ topic: String) -> Bool { TopicFilter(UTF8Text(filter))?.matches(topic: UTF8Text(topic)) ?? false }
