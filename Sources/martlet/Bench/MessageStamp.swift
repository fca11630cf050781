/// What each message of a run begins with: when it was due, and which one it is. 16 bytes, which is the payload of the public benchmark suite.
struct MessageStamp: Equatable {
    static let size = 16

    /// On the monotonic clock, in nanoseconds. Latency counts from here: a message that could not be sent when it was due has waited,
    /// and a wait that nobody counts is what is called coordinated omission.
    var due: UInt64
    /// Which publisher and topic; see `Layout`.
    var stream: UInt32
    /// 0, 1, 2, … in its stream.
    var sequence: UInt32

    /// A payload of `size` bytes that begins with the stamp.
    func payload(size: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: max(size, Self.size)) { buffer, count in
            count = buffer.count
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            bytes.storeBytes(of: due.littleEndian, toByteOffset: 0, as: UInt64.self)
            bytes.storeBytes(of: stream.littleEndian, toByteOffset: 8, as: UInt32.self)
            bytes.storeBytes(of: sequence.littleEndian, toByteOffset: 12, as: UInt32.self)
            UnsafeMutableRawBufferPointer(rebasing: bytes[Self.size...]).initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "."))
        }
    }

    init(due: UInt64, stream: UInt32, sequence: UInt32) {
        self.due = due
        self.stream = stream
        self.sequence = sequence
    }

    /// Nil: no message of a run with so many streams.
    init?(_ payload: [UInt8], streams: Int) {
        guard payload.count >= Self.size else { return nil }
        let stamp = payload.withUnsafeBytes { bytes in
            MessageStamp(
                due: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                stream: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)),
                sequence: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self)))
        }
        guard stamp.stream < streams, stamp.sequence < .max else { return nil }
        self = stamp
    }
}
