import MQTTCodec
import Primitives

/// A Topic Filter cut into its levels once, for walking a tree with it. A plain pointer; the owner calls `deallocate`.
struct FilterLevels: BitwiseCopyable {
    private let text: SharedBytes
    /// Where each level begins, and one past the end plus one.
    private let starts: UnsafeMutablePointer<UInt32>
    /// Levels before a final `#`.
    let fixed: Int
    let endsInMultiLevel: Bool

    init(_ filter: UnsafeRawBufferPointer) {
        text = SharedBytes(copying: filter)
        let count = TopicName.levelCount(filter)
        starts = .allocate(capacity: count + 1)
        starts[0] = 0
        var level = 1
        for (i, byte) in filter.enumerated() where byte == UInt8(ascii: "/") {
            starts[level] = UInt32(i + 1)
            level += 1
        }
        starts[count] = UInt32(filter.count + 1)
        endsInMultiLevel = filter.last == UInt8(ascii: "#")
        fixed = endsInMultiLevel ? count - 1 : count
    }

    func deallocate() {
        text.release()
        starts.deallocate()
    }

    func level(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text.bytes + Int(starts[index]), count: Int(starts[index + 1] - starts[index]) - 1)
    }

    func isSingleLevelWildcard(_ index: Int) -> Bool {
        let level = level(index)
        return level.count == 1 && level[0] == UInt8(ascii: "+")
    }
}

/// Where a subscription's walk through the Retained Messages stands: it can be left and taken up again at any node.
struct RetainedCursor: BitwiseCopyable {
    static let none = UInt32.max

    var filter: FilterLevels
    var subscription: UInt32
    // As they were when the walk began.
    var identifier: UInt32
    var maximumQoS: QoS
    /// Messages set later than this have been sent live.
    var sequence: UInt64
    /// The node last visited, pinned.
    var node: UInt32
    var depth: Int
    /// With No Local, whose own messages are passed over; 0: nobody's.
    var withheldPublisher: UInt64 = 0
    // Neighbours among the cursors of the same session.
    var next = none
    var previous = none
}

extension RetainedStore {
    enum Step {
        case message(UInt32)
        case exhausted
        /// The step budget is used up.
        case paused
    }

    /// Moves `cursor` to the next Retained Message that matches; looks at no more than `steps` nodes.
    mutating func next(_ cursor: inout RetainedCursor, steps: inout Int) -> Step {
        let start = cursor.node
        while steps > 0 {
            steps -= 1
            guard move(&cursor) else {
                unpin(start)
                cursor.node = tree.root
                pin(tree.root)
                return .exhausted
            }
            let value = value(cursor.node)
            let isOwn = cursor.withheldPublisher != 0 && value.pointee.stamp.publisher == cursor.withheldPublisher
            if isMatch(cursor), value.pointee.message != Self.none, value.pointee.sequence <= cursor.sequence, !isOwn {
                let message = value.pointee.message
                pin(cursor.node)
                unpin(start)
                return .message(message)
            }
        }
        pin(cursor.node)
        unpin(start)
        return .paused
    }

    /// A full match, or a `#` at or above this depth: it also matches the parent level.
    private func isMatch(_ cursor: RetainedCursor) -> Bool {
        cursor.depth == cursor.filter.fixed || (cursor.filter.endsInMultiLevel && cursor.depth > cursor.filter.fixed)
    }

    /// One step in preorder through the part of the tree the filter allows; false at the end.
    private func move(_ cursor: inout RetainedCursor) -> Bool {
        if let child = firstChild(cursor) {
            cursor.node = child
            cursor.depth += 1
            return true
        }
        while cursor.node != tree.root {
            if let sibling = nextSibling(cursor) {
                cursor.node = sibling
                return true
            }
            cursor.node = tree.pointer(to: cursor.node).pointee.parent
            cursor.depth -= 1
        }
        return false
    }

    private func firstChild(_ cursor: RetainedCursor) -> UInt32? {
        if cursor.depth < cursor.filter.fixed, !cursor.filter.isSingleLevelWildcard(cursor.depth) {
            return tree.child(of: cursor.node, named: cursor.filter.level(cursor.depth))
        }
        guard cursor.depth < cursor.filter.fixed || cursor.filter.endsInMultiLevel else { return nil }
        return skippingDollar(tree.pointer(to: cursor.node).pointee.firstChild, depth: cursor.depth)
    }

    private func nextSibling(_ cursor: RetainedCursor) -> UInt32? {
        let level = cursor.depth - 1
        if level < cursor.filter.fixed, !cursor.filter.isSingleLevelWildcard(level) { return nil }
        return skippingDollar(tree.pointer(to: cursor.node).pointee.nextSibling, depth: level)
    }

    /// A wildcard in the first place passes over topics that begin with `$` [MQTT-4.7.2-1].
    private func skippingDollar(_ first: UInt32, depth: Int) -> UInt32? {
        var node = first
        while depth == 0, node != Self.none, tree.levels.bytes(of: tree.pointer(to: node).pointee.level).first == UInt8(ascii: "$") {
            node = tree.pointer(to: node).pointee.nextSibling
        }
        return node == Self.none ? nil : node
    }
}
