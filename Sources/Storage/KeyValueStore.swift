import Primitives

/// Byte strings under byte strings, in tables, in the order of their keys: what an engine has to offer.
///
/// A store belongs to one thread. Keys have 1 to 511 bytes and are ordered byte by byte, so that big-endian numbers stand in the order of numbers.
public protocol KeyValueStore: ~Copyable {
    /// Calls `body` with the value under `key`; its bytes are gone when `body` returns. nil: there is none.
    borrowing func get<Result>(
        _ key: UnsafeRawBufferPointer, in table: Table, _ body: (UnsafeRawBufferPointer) throws(StorageError) -> Result
    ) throws(StorageError) -> Result?

    /// Calls `body` with each key from `key` on (empty: from the first) and its value, ascending, while it returns true.
    borrowing func scan(
        _ table: Table, from key: UnsafeRawBufferPointer,
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StorageError) -> Bool
    ) throws(StorageError)

    /// Makes all batches durable in their order, as one transaction: all of them, or with an error none.
    ///
    /// - Throws: `full` when that would take more bytes than the store may have, unless it takes no more than before or every batch is
    ///   necessary; what the system or the engine refuses
    mutating func apply(_ batches: ArraySlice<WriteBatch>) throws(StorageError)

    /// Bytes in use, of those the store may have; what was deleted is not among them.
    var usedBytes: Int { borrowing get throws(StorageError) }
}

extension KeyValueStore where Self: ~Copyable {
    /// The value under a number; nil: there is none.
    public borrowing func get<Result>(
        _ key: UInt64, in table: Table, _ body: (UnsafeRawBufferPointer) throws(StorageError) -> Result
    ) throws(StorageError) -> Result? {
        try withUnsafeBytes(of: key.bigEndian) { bytes throws(StorageError) in try get(bytes, in: table, body) }
    }

    /// Each number from `key` on and its value, ascending, while `body` returns true. For tables whose keys are numbers of 8 bytes.
    public borrowing func scan(
        _ table: Table, from key: UInt64, _ body: (_ key: UInt64, _ value: UnsafeRawBufferPointer) throws(StorageError) -> Bool
    ) throws(StorageError) {
        try withUnsafeBytes(of: key.bigEndian) { bytes throws(StorageError) in
            try scan(table, from: bytes) { key, value throws(StorageError) in
                precondition(key.count == 8, "the keys of this table are numbers")
                return try body(UInt64(bigEndian: key.loadUnaligned(as: UInt64.self)), value)
            }
        }
    }

    public mutating func apply(_ batch: WriteBatch) throws(StorageError) { try apply([batch]) }
}

extension [UInt8] {
    /// `withUnsafeBytes`, which loses the type of errors.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws(StorageError) -> Result) throws(StorageError) -> Result {
        try withUnsafeBufferPointer { bytes throws(StorageError) in try body(UnsafeRawBufferPointer(bytes)) }
    }
}
