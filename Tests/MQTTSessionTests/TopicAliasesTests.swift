import MQTTSession
import Primitives
import Testing

@Suite("Topic Aliases")
struct TopicAliasesTests {
    private func choose(_ aliases: inout OutboundTopicAliases, _ topic: String) -> String {
        let choice = Array(topic.utf8).withUnsafeBytes { aliases.choose($0, hash: UInt64(bitPattern: Int64(topic.hashValue))) }
        return switch choice {
        case .full: "full"
        case .set(let alias): "set \(alias)"
        case .use(let alias): "use \(alias)"
        }
    }

    @Test("A topic is given an alias with its first message, while any is free")
    func first() {
        var aliases = OutboundTopicAliases(maximum: 2)
        defer { aliases.deallocate() }
        #expect(choose(&aliases, "a") == "set 1")
        #expect(choose(&aliases, "a") == "use 1")
        #expect(choose(&aliases, "b") == "set 2")
        #expect(choose(&aliases, "a") == "use 1")
        #expect(choose(&aliases, "c") == "full")
    }

    @Test("A busy topic takes the alias of an idle one in the end, and keeps it from rare ones")
    func byUse() {
        var aliases = OutboundTopicAliases(maximum: 1)
        defer { aliases.deallocate() }
        _ = choose(&aliases, "idle")
        let choices = (0..<20).map { _ in choose(&aliases, "busy") }
        #expect(choices.contains("set 1") && choices.last == "use 1")
        #expect(choose(&aliases, "rare") == "full")
        #expect(choose(&aliases, "busy") == "use 1")
    }

    @Test("Whoever reads the aliases always learns the right topic", arguments: [1, 3, 8] as [UInt16])
    func agreement(maximum: UInt16) {
        var random = SeededRandom(seed: UInt64(maximum))
        var aliases = OutboundTopicAliases(maximum: maximum)
        defer { aliases.deallocate() }
        var reader: [UInt16: String] = [:]
        for _ in 0..<5_000 {
            let topic = "topic \(UInt8.random(in: 0..<12, using: &random) & UInt8.random(in: 0..<12, using: &random))"
            // One hash for all: topics are told apart by their bytes.
            switch Array(topic.utf8).withUnsafeBytes({ aliases.choose($0, hash: 5) }) {
            case .full: break
            case .set(let alias):
                if alias < 1 || alias > maximum { Issue.record("alias \(alias)") }
                reader[alias] = topic
            case .use(let alias): if reader[alias] != topic { Issue.record("\(alias) is \(reader[alias] ?? "nothing"), not \(topic)") }
            }
        }
    }

    @Test("A client that allows none gets none")
    func off() {
        var aliases = OutboundTopicAliases(maximum: 0)
        #expect(aliases.isOff)
        #expect(choose(&aliases, "a") == "full")
    }

    @Test("What the peer sets is found again, until it sets something else [MQTT-3.3.2-12]")
    func inbound() {
        var aliases = InboundTopicAliases(maximum: 3)
        defer { aliases.deallocate() }
        #expect(aliases.allows(1) && aliases.allows(3))
        #expect(!aliases.allows(0) && !aliases.allows(4))
        #expect(aliases.topic(for: 2) == nil)
        "first".withUTF8Bytes { aliases.set(2, to: $0) }
        "second".withUTF8Bytes { aliases.set(2, to: $0) }
        #expect(aliases.topic(for: 2).map { Array($0.buffer) } == Array("second".utf8))
        #expect(aliases.topic(for: 1) == nil)
    }
}

extension String {
    fileprivate func withUTF8Bytes(_ body: (UnsafeRawBufferPointer) -> Void) { Array(utf8).withUnsafeBytes(body) }
}
