import Primitives
import Testing

@Suite("Shared bytes") struct SharedBytesTests {
    @Test("The bytes stay until the last user has gone") func stay() {
        let shared = SharedBytes(count: 3)
        for i in 0..<3 { shared.mutableBytes.storeBytes(of: UInt8(i + 1), toByteOffset: i, as: UInt8.self) }
        shared.retain()
        shared.retain()
        shared.release()
        shared.release()
        #expect(Array(UnsafeRawBufferPointer(start: shared.bytes, count: shared.count)) == [1, 2, 3])
        shared.release()
    }

    @Test("There may be none") func empty() {
        let shared = SharedBytes(count: 0)
        #expect(shared.count == 0)
        shared.release()
    }
}
