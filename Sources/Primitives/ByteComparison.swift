/// Equality of bytes without a call for short ones: topics are compared once a message.
public enum ByteComparison {
    /// Whether `count` bytes at both places are the same.
    @inlinable @inline(__always)
    public static func isEqual(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
        if count >= 8 {
            var i = 0
            while i + 8 <= count {
                if (a + i).loadUnaligned(as: UInt64.self) != (b + i).loadUnaligned(as: UInt64.self) { return false }
                i += 8
            }
            return (a + (count - 8)).loadUnaligned(as: UInt64.self) == (b + (count - 8)).loadUnaligned(as: UInt64.self)
        }
        for i in 0..<count where a.load(fromByteOffset: i, as: UInt8.self) != b.load(fromByteOffset: i, as: UInt8.self) { return false }
        return true
    }
}
