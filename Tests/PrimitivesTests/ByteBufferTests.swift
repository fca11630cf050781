import Primitives
import Testing

@Suite("Byte buffer") struct ByteBufferTests {
    @Test("Grows at the end and keeps what it has") func grows() {
        var buffer = ByteBuffer(capacity: 0)
        var model: [UInt8] = []
        for i in 0..<2_000 {
            buffer.append(UInt8(truncatingIfNeeded: i))
            buffer.append(UInt16(i))
            buffer.append(UInt32(i) << 12)
            let run = [UInt8](repeating: UInt8(truncatingIfNeeded: i), count: i % 50)
            buffer.append(run)
            model.append(UInt8(truncatingIfNeeded: i))
            withUnsafeBytes(of: UInt16(i).bigEndian) { model.append(contentsOf: $0) }
            withUnsafeBytes(of: (UInt32(i) << 12).bigEndian) { model.append(contentsOf: $0) }
            model.append(contentsOf: run)
        }
        #expect(Array(buffer.bytes) == model)
        #expect(buffer.count == model.count)
        buffer.removeAll()
        #expect(buffer.bytes.isEmpty)
        buffer.append(5 as UInt8)
        #expect(Array(buffer.bytes) == [5])
    }

    @Test("Appending nothing changes nothing") func appendsNothing() {
        var buffer = ByteBuffer()
        buffer.append(UnsafeRawBufferPointer(start: nil, count: 0))
        buffer.append([] as [UInt8])
        #expect(buffer.count == 0)
    }
}
