import Primitives
import Testing

@Suite("Byte reader") struct ByteReaderTests {
    @Test("Reads what is there, most significant byte first") func reads() {
        let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
        bytes.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            #expect(reader.uint8() == 1)
            #expect(reader.uint16() == 0x0203)
            #expect(reader.uint32() == 0x0405_0607)
            #expect(reader.offset == 7)
            #expect(reader.bytes(2).map(Array.init) == [8, 9])
            #expect(reader.remaining == 2)
            #expect(Array(reader.rest()) == [10, 11])
            #expect(reader.isAtEnd)
        }
    }

    @Test("A read that does not fit reads nothing", arguments: 0...3) func refuses(count: Int) {
        [UInt8](repeating: 7, count: count).withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            #expect(reader.uint32() == nil)
            #expect(reader.bytes(count + 1) == nil)
            #expect(reader.bytes(.max) == nil)
            #expect(reader.bytes(-1) == nil)
            #expect(reader.offset == 0)
            #expect(reader.rest().count == count)
            #expect(reader.uint8() == nil)
            #expect(reader.uint16() == nil)
        }
    }

    @Test("A buffer without an address is empty") func noAddress() {
        var reader = ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(reader.isAtEnd)
        #expect(reader.uint8() == nil)
        #expect(reader.bytes(0)?.count == 0)
    }
}
