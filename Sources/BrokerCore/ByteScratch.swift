/// Memory for bytes that are needed until the end of an event; it grows and is kept.
struct ByteScratch: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var capacity = 512

    init() { base = .allocate(byteCount: capacity, alignment: 8) }
    deinit { base.deallocate() }

    mutating func reserve(_ count: Int) -> UnsafeMutableRawPointer {
        if count > capacity {
            base.deallocate()
            capacity = max(count, capacity * 2)
            base = .allocate(byteCount: capacity, alignment: 8)
        }
        return base
    }
}
