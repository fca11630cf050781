/// Eight bytes looked at together: how strings are checked without a step per byte.
@usableFromInline enum ByteWord {
    @inlinable @inline(__always) static var ones: UInt64 { 0x0101_0101_0101_0101 }
    @inlinable @inline(__always) static var highBits: UInt64 { 0x8080_8080_8080_8080 }

    /// Not zero when a byte is not printable ASCII (0x20–0x7E).
    @inlinable @inline(__always) static func unprintable(_ word: UInt64) -> UInt64 {
        (word | (word &+ ones) | (word &- ones &* 0x20)) & highBits
    }

    /// Not zero when a byte is `byte`.
    @inlinable @inline(__always) static func contains(_ word: UInt64, _ byte: UInt8) -> UInt64 {
        let difference = word ^ ones &* UInt64(byte)
        return (difference &- ones) & ~difference & highBits
    }

    /// Whether `isSuspect` is zero for all of `bytes`, offered in words: the last ones overlap, and what is missing
    /// of a short one is filled with letters.
    @inlinable @inline(__always)
    static func allClear(_ bytes: UnsafeRawBufferPointer, _ isSuspect: (UInt64) -> UInt64) -> Bool {
        let count = bytes.count
        guard count > 0, let base = bytes.baseAddress else { return true }
        if count < 8 { return isSuspect(short(base, count)) == 0 }
        var offset = 0
        while offset &+ 8 < count {
            if isSuspect((base + offset).loadUnaligned(as: UInt64.self)) != 0 { return false }
            offset &+= 8
        }
        return isSuspect((base + (count &- 8)).loadUnaligned(as: UInt64.self)) == 0
    }

    @inlinable @inline(__always) static func short(_ base: UnsafeRawPointer, _ count: Int) -> UInt64 {
        if count >= 4 {
            let last = (base + (count &- 4)).loadUnaligned(as: UInt32.self)
            return UInt64(base.loadUnaligned(as: UInt32.self)) | UInt64(last) &<< 32
        }
        let filler: UInt64 = 0x6161_6161_6161_6161
        if count >= 2 {
            let last = (base + (count &- 2)).loadUnaligned(as: UInt16.self)
            return UInt64(base.loadUnaligned(as: UInt16.self)) | UInt64(last) &<< 16 | filler &<< 32
        }
        return UInt64(base.load(as: UInt8.self)) | filler &<< 8
    }
}
