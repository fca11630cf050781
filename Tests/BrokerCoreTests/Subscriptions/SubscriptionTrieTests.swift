import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("Filters that match a topic")
struct SubscriptionTrieTests {
    @Test("Random filters match random topics as the standard's words say [MQTT-4.7.1-1] [MQTT-4.7.2-1] [MQTT-4.7.3-4]", arguments: 1...8)
    func againstTheFilter(seed: Int) {
        var topics = RandomTopics(seed: UInt64(seed))
        var trie = SubscriptionTrie(hash: ByteHash(seed: 1))
        let bare = trie.nodeCount
        var filters: [String] = []
        var nodes: [UInt32] = []
        for _ in 0..<60 {
            let filter = topics.filter()
            guard !filters.contains(filter) else { continue }
            let node = filter.withBytes { trie.insert($0) }
            trie.heads(of: node).pointee.value.subscriptions = UInt32(filters.count)
            filters.append(filter)
            nodes.append(node)
        }
        for _ in 0..<300 {
            let topic = topics.topic()
            var found: [SubscriptionTrie.Heads] = []
            topic.withBytes { trie.match($0, into: &found) }
            let names = found.filter { !$0.isEmpty }.map { filters[Int($0.subscriptions)] }.sorted()
            let expected = filters.filter { matches($0, topic) }.sorted()
            if names != expected { Issue.record("\(topic): \(names) instead of \(expected)") }
        }
        for node in nodes {
            trie.heads(of: node).pointee.value = SubscriptionTrie.Heads()
            trie.prune(node)
        }
        #expect(trie.nodeCount == bare)
    }

    @Test("A topic of 65,535 empty levels is matched, however deep")
    func deep() {
        var trie = SubscriptionTrie(hash: ByteHash(seed: 1))
        let node = "+/+/#".withBytes { trie.insert($0) }
        trie.heads(of: node).pointee.value.subscriptions = 1
        var found: [SubscriptionTrie.Heads] = []
        String(repeating: "/", count: 65_535).withBytes { trie.match($0, into: &found) }
        #expect(found.filter { !$0.isEmpty }.count == 1)
    }
}
