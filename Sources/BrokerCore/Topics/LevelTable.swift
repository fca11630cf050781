import Primitives

/// Topic Levels by number: each distinct level once, counted by the tree nodes that bear it.
struct LevelTable: ~Copyable {
    private struct Level: BitwiseCopyable {
        var bytes: SharedBytes
        var hash: UInt64
        var uses: UInt32
    }

    private var levels = SlotTable<Level>()
    private var index = HashIndex()
    private let hash: ByteHash

    init(hash: ByteHash) { self.hash = hash }

    deinit {
        for slot in 0..<levels.end where levels.isUsed(slot) { levels[slot].bytes.release() }
    }

    var count: Int { levels.count }

    /// The number of a level somebody bears, or nil.
    @inline(__always) func number(of bytes: UnsafeRawBufferPointer) -> UInt32? {
        guard let start = bytes.baseAddress else { return find(UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped, 0) }
        return find(start, bytes.count)
    }

    func bytes(of number: UInt32) -> UnsafeRawBufferPointer {
        let bytes = levels[number].bytes
        return UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.count)
    }

    /// The number of a level, with one use more.
    mutating func retain(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        if let number = number(of: bytes) {
            levels[number].uses += 1
            return number
        }
        let copy = SharedBytes(copying: bytes)
        let hashed = hash(copy.bytes, copy.count)
        let number = levels.insert(Level(bytes: copy, hash: hashed, uses: 1))
        index.insert(hashed, number)
        return number
    }

    mutating func release(_ number: UInt32) {
        levels[number].uses -= 1
        guard levels[number].uses == 0 else { return }
        let level = levels[number]
        index.remove(level.hash, number)
        level.bytes.release()
        levels.remove(number)
    }

    @inline(__always) private func find(_ start: UnsafeRawPointer, _ count: Int) -> UInt32? {
        index.find(hash(start, count)) { number in
            let level = levels.pointer(to: number).pointee.bytes
            return level.count == count && ByteComparison.isEqual(level.bytes, start, count)
        }
    }
}
