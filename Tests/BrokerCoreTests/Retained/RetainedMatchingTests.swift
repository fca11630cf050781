import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("A walk through the Retained Messages")
struct RetainedMatchingTests {
    /// A store of topics; message numbers are their places in the list.
    private struct Model: ~Copyable {
        var store = RetainedStore(hash: ByteHash(seed: 1))
        var topics: [UInt32: String] = [:]
        var next: UInt32 = 0

        mutating func set(_ topic: String) {
            let node = topic.withBytes { store.tree.insert($0) }
            let old = store.set(next, RetainedStamp(), size: 1, at: node, replacedSize: 0)
            topics[old.message] = nil
            topics[next] = topic
            next += 1
        }

        mutating func clear(_ topic: String) {
            guard let node = topic.withBytes({ store.find($0) }) else { return }
            topics[store.clear(node, size: 1).message] = nil
            store.prune(node)
        }

        mutating func cursor(_ filter: String) -> RetainedCursor {
            store.pin(store.tree.root)
            return RetainedCursor(
                filter: filter.withBytes { FilterLevels($0) }, subscription: 0, identifier: 0, maximumQoS: .atMostOnce,
                sequence: store.sequence,
                node: store.tree.root, depth: 0)
        }

        mutating func end(_ cursor: RetainedCursor) {
            store.unpin(cursor.node)
            cursor.filter.deallocate()
        }
    }

    @Test("Random filters find what they match, each once", arguments: 1...6)
    func againstTheFilter(seed: Int) {
        var random = RandomTopics(seed: UInt64(seed))
        var model = Model()
        for _ in 0..<150 { model.set(random.topic()) }
        for _ in 0..<200 {
            let filter = random.filter()
            var cursor = model.cursor(filter)
            var found: [String] = []
            var steps = Int.max
            while case .message(let message) = model.store.next(&cursor, steps: &steps) { found.append(model.topics[message] ?? "?") }
            model.end(cursor)
            let expected = model.topics.values.filter { matches(filter, $0) }
            if found.sorted() != expected.sorted() { Issue.record("\(filter): \(found.sorted()) instead of \(expected.sorted())") }
        }
    }

    @Test(
        "Left at every node and taken up again while the store changes, it misses nothing that stays and repeats nothing", arguments: 1...8)
    func interrupted(seed: Int) {
        var random = RandomTopics(seed: UInt64(seed))
        var model = Model()
        for _ in 0..<60 { model.set(random.topic()) }
        for _ in 0..<40 {
            let filter = random.filter()
            let before = model.topics
            var cursor = model.cursor(filter)
            var found: [UInt32] = []
            walk: while true {
                var steps = 1
                switch model.store.next(&cursor, steps: &steps) {
                case .message(let message): found.append(message)
                case .exhausted: break walk
                case .paused: break
                }
                if random.chance(2) { model.set(random.topic()) } else { model.clear(random.topic()) }
            }
            model.end(cursor)
            let stayed = before.filter { matches(filter, $0.value) && model.topics[$0.key] != nil }.keys
            if Set(found).count != found.count { Issue.record("\(filter) found something twice") }
            if !Set(found).isSuperset(of: stayed) { Issue.record("\(filter) missed something") }
            if !found.allSatisfy({ before[$0].map { matches(filter, $0) } ?? false }) { Issue.record("\(filter) found what is sent live") }
        }
        for topic in model.topics.values { model.clear(topic) }
        #expect(model.store.count == 0)
        #expect(model.store.tree.count == 1, "nothing stays pinned")
    }
}
