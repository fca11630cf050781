/// A fast hash of bytes for tables in memory, keyed so that a peer cannot choose colliding names.
public struct ByteHash: BitwiseCopyable, Sendable {
    @usableFromInline let seed: UInt64

    @inlinable public init(seed: UInt64) { self.seed = seed | 1 }

    /// The hash of `count` bytes.
    @inlinable @inline(__always)
    public func callAsFunction(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
        var i = 0
        while i + 8 <= count {
            hash = mix(hash, (bytes + i).loadUnaligned(as: UInt64.self))
            i += 8
        }
        if i < count {
            var word: UInt64 = 0
            if count >= 8 {
                word = (bytes + (count - 8)).loadUnaligned(as: UInt64.self)
            } else {
                while i < count {
                    word = word << 8 | UInt64(bytes.load(fromByteOffset: i, as: UInt8.self))
                    i += 1
                }
            }
            hash = mix(hash, word)
        }
        return hash ^ hash >> 32
    }

    /// A hash of one word, for keys that are numbers.
    @inlinable public func callAsFunction(_ word: UInt64) -> UInt64 {
        let hash = mix(seed, word)
        return hash ^ hash >> 32
    }

    @inlinable @inline(__always) func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = (a ^ b).multipliedFullWidth(by: 0x9FB2_1C65_1E98_DF25 ^ seed << 1)
        return product.high ^ product.low
    }
}
