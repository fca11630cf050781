import Testing

@testable import Transport

struct ProcessMemoryTests {
    @Test("an allocation shows in the heap, and the process is resident")
    func showsAllocations() {
        let before = ProcessMemory.heapBytes
        let size = 512 << 20
        let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        #expect(ProcessMemory.heapBytes >= before + size / 2)
        block.deallocate()
        #expect(ProcessMemory.residentBytes > 1 << 20)
    }
}
