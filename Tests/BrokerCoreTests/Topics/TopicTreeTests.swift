import Primitives
import Testing

@testable import BrokerCore

@Suite("A tree of Topic Levels")
struct TopicTreeTests {
    @Test("Random insertions and removals agree with a dictionary, and an empty tree is its root")
    func againstADictionary() {
        var topics = RandomTopics(seed: 4)
        var tree = TopicTree<Int>(hash: ByteHash(seed: 1), empty: 0)
        var model: [String: Int] = [:]
        for step in 1...5_000 {
            let topic = topics.topic()
            if topics.chance(2) {
                let node = topic.withBytes { tree.insert($0) }
                tree.pointer(to: node).pointee.value = step
                model[topic] = step
            } else if let node = topic.withBytes({ tree.find($0) }), model.removeValue(forKey: topic) != nil {
                tree.pointer(to: node).pointee.value = 0
                tree.prune(node) { $0 == 0 }
            }
        }
        for _ in 0..<500 {
            let topic = topics.topic()
            let node = topic.withBytes { tree.find($0) }
            let value = node.map { tree.pointer(to: $0).pointee.value } ?? 0
            if value != model[topic] ?? 0 { Issue.record("\(topic) is \(value)") }
            if let node, String(decoding: tree.path(to: node), as: UTF8.self) != topic { Issue.record("\(topic) lies elsewhere") }
        }
        for topic in model.keys {
            guard let node = topic.withBytes({ tree.find($0) }) else { continue }
            tree.pointer(to: node).pointee.value = 0
            tree.prune(node) { $0 == 0 }
        }
        #expect(tree.count == 1)
        #expect(tree.levels.count == 0)
    }

    @Test("What leads to something is not pruned")
    func inner() {
        var tree = TopicTree<Int>(hash: ByteHash(seed: 1), empty: 0)
        let leaf = "a/b/c".withBytes { tree.insert($0) }
        tree.pointer(to: leaf).pointee.value = 1
        let inner = "a/b".withBytes { tree.insert($0) }
        tree.prune(inner) { $0 == 0 }
        #expect("a/b/c".withBytes { tree.find($0) } == leaf)
    }
}
