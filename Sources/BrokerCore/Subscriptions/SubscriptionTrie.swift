import MQTTCodec
import Primitives

/// Topic Filter → who subscribed, and Topic Name → which filters match.
struct SubscriptionTrie: ~Copyable {
    /// Where the lists of a filter begin.
    struct Heads: BitwiseCopyable {
        var subscriptions = Subscription.none
        var groups = Subscription.none
        /// Shared Subscriptions of other shards that somebody here is a member of.
        var joined: UInt32 = 0
        /// Other shards that want what matches.
        var peers = PeerSet()

        /// Somebody on this shard wants what matches.
        var isWanted: Bool { subscriptions != Subscription.none || groups != Subscription.none }
        var isEmpty: Bool { !isWanted && joined == 0 && peers.isEmpty }
    }

    private var tree: TopicTree<Heads>
    private let singleLevel: UInt32
    private let multiLevel: UInt32

    init(hash: ByteHash) {
        tree = TopicTree(hash: hash, empty: Heads())
        singleLevel = Self.reserve("+", &tree)
        multiLevel = Self.reserve("#", &tree)
    }

    /// Filters with at least one subscriber, and the nodes that lead to them.
    var nodeCount: Int { tree.count }

    func heads(of node: UInt32) -> UnsafeMutablePointer<TopicTree<Heads>.Node> { tree.pointer(to: node) }
    func find(_ filter: UnsafeRawBufferPointer) -> UInt32? { tree.find(filter) }
    mutating func insert(_ filter: UnsafeRawBufferPointer) -> UInt32 { tree.insert(filter) }
    mutating func prune(_ node: UInt32) { tree.prune(node) { $0.isEmpty } }
    func filter(of node: UInt32) -> [UInt8] { tree.path(to: node) }

    /// Appends the lists of every filter that matches `topic` [MQTT5 §4.7]. Levels are compared byte by
    /// byte [MQTT-4.7.3-4]; a wildcard in the first place does not match a topic that begins with `$` [MQTT-4.7.2-1].
    func match(_ topic: UnsafeRawBufferPointer, into matches: inout [Heads]) {
        let count = TopicName.levelCount(topic)
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: count) { numbers in
            var depth = 0
            for level in TopicLevels(topic) {
                numbers[depth] = tree.levels.number(of: level) ?? UInt32.max
                depth += 1
            }
            // Each step takes one place off the stack and puts at most two on it, one level deeper.
            withUnsafeTemporaryAllocation(of: (node: UInt32, depth: Int32).self, capacity: count + 2) { stack in
                stack[0] = (tree.root, 0)
                var used = 1
                while used > 0 {
                    used -= 1
                    let (node, depth) = stack[used]
                    let wildcards = depth > 0 || topic.first != UInt8(ascii: "$")
                    if wildcards, let multi = tree.child(of: node, level: multiLevel) {
                        matches.append(tree.pointer(to: multi).pointee.value)
                    }
                    if Int(depth) == count {
                        matches.append(tree.pointer(to: node).pointee.value)
                        continue
                    }
                    if wildcards, let single = tree.child(of: node, level: singleLevel) {
                        stack[used] = (single, depth + 1)
                        used += 1
                    }
                    let number = numbers[Int(depth)]
                    if number != UInt32.max, number != singleLevel, number != multiLevel, let exact = tree.child(of: node, level: number) {
                        stack[used] = (exact, depth + 1)
                        used += 1
                    }
                }
            }
        }
    }

    /// The wildcard levels always have a number, so that matching need not look them up.
    private static func reserve(_ wildcard: StaticString, _ tree: inout TopicTree<Heads>) -> UInt32 {
        tree.reserveLevel(UnsafeRawBufferPointer(start: wildcard.utf8Start, count: wildcard.utf8CodeUnitCount))
    }
}
