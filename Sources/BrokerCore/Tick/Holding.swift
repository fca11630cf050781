import MQTTCodec
import Primitives

/// A connection for which something waits for a batch to be on disk.
struct HoldingLink: BitwiseCopyable {
    var batch: UInt64
    var connection: UInt32
    var generation: UInt32
}

/// Promises are written when what makes them true is on disk; whatever promises nothing goes past them.
extension Tick {
    /// Room for bytes that wait: a promise for everything this shard has asked the disk for so far, other things only for
    /// what is held before them.
    mutating func hold(
        _ size: Int, for connection: UInt32, asMessage: Bool, isPromise: Bool,
        sharing shared: (SharedBytes, UnsafeRawPointer, Int)? = nil
    ) -> UnsafeMutableRawPointer {
        let link = links.pointer(to: connection)
        let batch = isPromise || !link.pointee.outbox.holds ? core.journal.awaited : link.pointee.outbox.heldUntil
        if link.pointee.heldUntil < batch {
            link.pointee.heldUntil = batch
            holding.append(HoldingLink(batch: batch, connection: connection, generation: core.generation(of: connection)))
        }
        return link.pointee.outbox.hold(size, until: batch, asMessage: asMessage, sharing: shared, &pool)
    }

    /// Room for a message of `size` bytes, now or, if it waits, later.
    @inline(__always)
    mutating func room(
        _ size: Int, for action: borrowing PublishAction, in link: UnsafeMutablePointer<Link>, waits: Bool
    ) -> UnsafeMutableRawPointer {
        waits
            ? hold(size, for: action.connection, asMessage: true, isPromise: action.isPromise) : link.pointee.outbox.message(size, &pool)
    }

    /// Whether a PUBLISH has to wait: for its own identifier, or behind one that does. With Topic Aliases none passes
    /// another, for what an alias stands for depends on what was sent before.
    @inline(__always) func waits(_ action: PublishAction, _ link: UnsafeMutablePointer<Link>) -> Bool {
        if !link.pointee.outbox.holds { return action.isPromise && !core.journal.isSettled }
        return link.pointee.isGated || (action.isPromise && !core.journal.isSettled)
            || ((action.qos != .atMostOnce || core.usesTopicAliases(on: action.connection)) && link.pointee.outbox.holdsMessages)
    }

    /// Everything that waited for batches up to this one goes out with this tick.
    mutating func releaseHeld(upTo batch: UInt64) {
        while !holding.isEmpty, holding[0].batch <= batch, let entry = holding.popFirst() {
            guard core.isOpen(entry.connection), core.generation(of: entry.connection) == entry.generation else { continue }
            let link = links.pointer(to: entry.connection)
            link.pointee.outbox.release(upTo: batch)
            if !link.pointee.outbox.holds { link.pointee.isGated = false }
            if !link.pointee.isDirty {
                link.pointee.isDirty = true
                dirty.append(entry.connection)
            }
        }
    }
}
