import MQTTCodec
import Primitives

/// A tree of Topic Levels, a value at each node: what the subscription trie and the retained store both stand on.
///
/// Nodes are slots; a child is found by hash of (parent, level), the children of a node also hang together as a list.
struct TopicTree<Value: BitwiseCopyable>: ~Copyable {
    static var none: UInt32 { .max }

    struct Node: BitwiseCopyable {
        var parent: UInt32
        var level: UInt32
        var firstChild: UInt32
        var nextSibling: UInt32
        var previousSibling: UInt32
        var value: Value
    }

    private(set) var levels: LevelTable
    private var nodes = SlotTable<Node>()
    private var children = HashIndex()
    private let hash: ByteHash
    private let empty: Value
    /// The node above the first level.
    let root: UInt32

    init(hash: ByteHash, empty: Value) {
        levels = LevelTable(hash: hash)
        self.hash = hash
        self.empty = empty
        root = nodes.insert(
            Node(
                parent: Self.none, level: Self.none, firstChild: Self.none, nextSibling: Self.none, previousSibling: Self.none, value: empty
            ))
    }

    var count: Int { nodes.count }

    @inline(__always) func pointer(to node: UInt32) -> UnsafeMutablePointer<Node> { nodes.pointer(to: node) }

    @inline(__always) func child(of parent: UInt32, level: UInt32) -> UInt32? {
        children.find(key(parent, level)) { node in
            let candidate = nodes.pointer(to: node)
            return candidate.pointee.parent == parent && candidate.pointee.level == level
        }
    }

    func child(of parent: UInt32, named bytes: UnsafeRawBufferPointer) -> UInt32? {
        guard let level = levels.number(of: bytes) else { return nil }
        return child(of: parent, level: level)
    }

    /// The node of a whole topic or filter, if it is there.
    func find(_ path: UnsafeRawBufferPointer) -> UInt32? {
        var node = root
        for level in TopicLevels(path) {
            guard let next = child(of: node, named: level) else { return nil }
            node = next
        }
        return node
    }

    /// The node of a whole topic or filter, made where it is missing.
    mutating func insert(_ path: UnsafeRawBufferPointer) -> UInt32 {
        var node = root
        for level in TopicLevels(path) {
            node = child(of: node, named: level) ?? add(level, below: node)
        }
        return node
    }

    /// Gives a level a number that it keeps for good.
    mutating func reserveLevel(_ bytes: UnsafeRawBufferPointer) -> UInt32 { levels.retain(bytes) }

    /// Removes `node` and then its ancestors as long as they have no children and `isEmpty` says so of their value.
    mutating func prune(_ start: UInt32, _ isEmpty: (Value) -> Bool) {
        var node = start
        while node != root, nodes[node].firstChild == Self.none, isEmpty(nodes[node].value) {
            let parent = nodes[node].parent
            remove(node)
            node = parent
        }
    }

    /// The whole path to `node`.
    func path(to node: UInt32) -> [UInt8] {
        var parts: [UInt32] = []
        var at = node
        while at != root {
            parts.append(nodes[at].level)
            at = nodes[at].parent
        }
        var path: [UInt8] = []
        for (i, level) in parts.reversed().enumerated() {
            if i > 0 { path.append(UInt8(ascii: "/")) }
            path.append(contentsOf: levels.bytes(of: level))
        }
        return path
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer, below parent: UInt32) -> UInt32 {
        let level = levels.retain(bytes)
        let first = nodes[parent].firstChild
        let node = nodes.insert(
            Node(parent: parent, level: level, firstChild: Self.none, nextSibling: first, previousSibling: Self.none, value: empty))
        if first != Self.none { nodes[first].previousSibling = node }
        nodes[parent].firstChild = node
        children.insert(key(parent, level), node)
        return node
    }

    private mutating func remove(_ node: UInt32) {
        let removed = nodes[node]
        children.remove(key(removed.parent, removed.level), node)
        if removed.previousSibling == Self.none {
            nodes[removed.parent].firstChild = removed.nextSibling
        } else {
            nodes[removed.previousSibling].nextSibling = removed.nextSibling
        }
        if removed.nextSibling != Self.none { nodes[removed.nextSibling].previousSibling = removed.previousSibling }
        levels.release(removed.level)
        nodes.remove(node)
    }

    @inline(__always) private func key(_ parent: UInt32, _ level: UInt32) -> UInt64 {
        hash(UInt64(parent) << 32 | UInt64(level))
    }
}
