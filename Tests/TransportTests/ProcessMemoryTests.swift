import Testing

@testable import Transport

struct ProcessMemoryTests {
    @Test("an allocation shows in the heap, and the process is resident")
    func showsAllocations() {
        let before = ProcessMemory.heapBytes
        let size = 512 << 20
        let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        let after = ProcessMemory.heapBytes
        block.deallocate()
        // A sanitizer brings an allocator of its own, which reports nothing.
        if before > 0 { #expect(after >= before + size / 2) }
        #expect(ProcessMemory.residentBytes > 1 << 20)
    }
}
