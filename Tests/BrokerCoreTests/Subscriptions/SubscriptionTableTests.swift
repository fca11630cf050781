import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("All subscriptions")
struct SubscriptionTableTests {
    private struct Key: Hashable {
        var session: UInt32
        var filter: String
    }

    @Test("Random subscriptions are found by session and filter, and each list holds its own")
    func againstADictionary() {
        var topics = RandomTopics(seed: 9)
        var table = SubscriptionTable(hash: ByteHash(seed: 1), shard: 0)
        var heads = Array(repeating: Subscription.none, count: 5)
        var model: [Key: UInt32] = [:]
        for _ in 0..<3_000 {
            let key = Key(session: UInt32(topics.number(0..<5)), filter: topics.filter())
            if let slot = model[key] {
                let node = table.pointer(to: slot).pointee.node
                if table.find(session: key.session, node: node, group: Subscription.none) != slot { Issue.record("\(key) not found") }
                table.remove(slot, sessionHead: &heads[Int(key.session)])
                table.trie.prune(node)
                model[key] = nil
            } else {
                let node = key.filter.withBytes { table.trie.insert($0) }
                let subscription = Subscription(
                    session: key.session, node: node, group: Subscription.none, identifier: 0, maximumQoS: .atMostOnce, noLocal: false,
                    retainAsPublished: false)
                model[key] = table.insert(subscription, sessionHead: &heads[Int(key.session)])
            }
        }
        #expect(table.plainCount == model.count)
        for session in 0..<5 as Range<UInt32> {
            var listed: [String] = []
            var slot = heads[Int(session)]
            while slot != Subscription.none {
                listed.append(String(decoding: table.trie.filter(of: table.pointer(to: slot).pointee.node), as: UTF8.self))
                slot = table.pointer(to: slot).pointee.nextOfSession
            }
            #expect(listed.sorted() == model.keys.filter { $0.session == session }.map(\.filter).sorted())
        }
    }
}
