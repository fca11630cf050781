extension UnsafeMutableRawPointer {
    /// Copies without a call where there are few bytes: topics, headers and most payloads are short.
    @inlinable @inline(__always)
    public func copySmall(from source: UnsafeRawPointer, byteCount count: Int) {
        if count > 32 {
            copyMemory(from: source, byteCount: count)
        } else if count >= 16 {
            let head = source.loadUnaligned(as: SIMD16<UInt8>.self)
            let tail = (source + (count - 16)).loadUnaligned(as: SIMD16<UInt8>.self)
            storeBytes(of: head, as: SIMD16<UInt8>.self)
            (self + (count - 16)).storeBytes(of: tail, as: SIMD16<UInt8>.self)
        } else if count >= 8 {
            let head = source.loadUnaligned(as: UInt64.self)
            let tail = (source + (count - 8)).loadUnaligned(as: UInt64.self)
            storeBytes(of: head, as: UInt64.self)
            (self + (count - 8)).storeBytes(of: tail, as: UInt64.self)
        } else if count >= 4 {
            let head = source.loadUnaligned(as: UInt32.self)
            let tail = (source + (count - 4)).loadUnaligned(as: UInt32.self)
            storeBytes(of: head, as: UInt32.self)
            (self + (count - 4)).storeBytes(of: tail, as: UInt32.self)
        } else {
            var i = 0
            while i < count {
                storeBytes(of: source.load(fromByteOffset: i, as: UInt8.self), toByteOffset: i, as: UInt8.self)
                i &+= 1
            }
        }
    }
}
