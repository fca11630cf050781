import Primitives
import Synchronization
import Transport

/// Rows of a store on their way to one shard, in pieces: as many as are being read and used at once.
final class RecoveryFeed: Sendable {
    /// Rows of one table, end to end.
    struct Piece: Sendable {
        let table: Table
        /// Each: length of key and value, 4 bytes each, then both.
        let bytes: SharedBytes
        let count: Int
        /// The values once more, each in memory of its own, where they are for all shards.
        let bodies: [SharedBytes]
    }

    private let pieces = Locked<[Piece]>([])
    private let filled = Semaphore()
    private let room = Semaphore()
    private static let atOnce = 4
    private let isCut = Atomic(false)

    init() {
        for _ in 0..<Self.atOnce { room.signal() }
    }

    /// Waits for room, on the storage thread.
    func give(_ piece: Piece) {
        room.wait()
        pieces.withLock { $0.append(piece) }
        filled.signal()
    }

    /// There is nothing more. Not `isComplete`: because the rest cannot be read.
    func end(isComplete: Bool) {
        isCut.store(!isComplete, ordering: .releasing)
        filled.signal()
    }

    /// After the last piece: whether there was more.
    var lacksRows: Bool { isCut.load(ordering: .acquiring) }

    /// The next piece; nil: that was all.
    func next() -> Piece? {
        filled.wait()
        return pieces.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }

    /// A piece has been used.
    func used(_ piece: Piece) {
        piece.bytes.release()
        for body in piece.bodies { body.release() }
        room.signal()
    }
}

extension RecoveryFeed.Piece {
    /// Each row, and its body if it has one.
    func forEach(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer, SharedBytes?) -> Void) {
        var offset = 0
        var row = 0
        while offset < count {
            let start = bytes.bytes + offset
            let keyCount = Int(start.loadUnaligned(as: UInt32.self))
            let valueCount = Int(start.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            body(
                UnsafeRawBufferPointer(start: start + 8, count: keyCount),
                UnsafeRawBufferPointer(start: start + 8 + keyCount, count: valueCount),
                bodies.isEmpty ? nil : bodies[row])
            offset += 8 + keyCount + valueCount
            row += 1
        }
    }
}
