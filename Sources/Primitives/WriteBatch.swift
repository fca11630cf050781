/// Puts and deletes that become durable together, in their order.
///
/// Keys and values are copied into one growing block, so that a batch of a thousand records is one piece of memory when it crosses to the
/// storage thread.
public struct WriteBatch: Sendable, Hashable {
    /// It is applied also when the store is full: what must not be lost although it needs a little room, such as a step of an exchange.
    public var isNecessary: Bool

    @usableFromInline var block: [UInt8] = []

    /// The longest key, in bytes.
    public static let maximumKeyBytes = 511

    public init(isNecessary: Bool = false) { self.isNecessary = isNecessary }

    /// Whether nothing has been asked of it.
    public var isEmpty: Bool { block.isEmpty }

    /// Bytes of all keys and values, with a few for each change.
    public var byteCount: Int { block.count }

    /// Sets the value under a key of 1 to 511 bytes.
    public mutating func put(_ value: UnsafeRawBufferPointer, at key: UnsafeRawBufferPointer, in table: Table) {
        append(.put, table, key, value)
    }

    /// Removes a key and its value; nothing happens when there is none.
    public mutating func delete(_ key: UnsafeRawBufferPointer, in table: Table) {
        append(.delete, table, key, UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// Removes every key that begins with these 1 to 511 bytes, those put before in this batch included.
    public mutating func deletePrefix(_ prefix: UnsafeRawBufferPointer, in table: Table) {
        append(.deletePrefix, table, prefix, UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// Removes everything that is in the table at that moment, what stands before in this batch included.
    public mutating func deleteAll(in table: Table) {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        append(.deleteAll, table, nothing, nothing)
    }

    /// Puts the changes of another batch behind these.
    public mutating func append(_ other: WriteBatch) { block.append(contentsOf: other.block) }

    // MARK: - Keys that are numbers, values that are arrays

    /// Sets the value under a number, big-endian in 8 bytes.
    public mutating func put(_ value: [UInt8], at key: UInt64, in table: Table) {
        value.withUnsafeBytes { value in withUnsafeBytes(of: key.bigEndian) { put(value, at: $0, in: table) } }
    }

    /// Sets the value under a key of 1 to 511 bytes.
    public mutating func put(_ value: [UInt8], at key: [UInt8], in table: Table) {
        value.withUnsafeBytes { value in key.withUnsafeBytes { put(value, at: $0, in: table) } }
    }

    /// Sets a value of `count` bytes under a number, big-endian in 8 bytes; `fill` writes all of them, where they stay.
    public mutating func put(_ count: Int, at key: UInt64, in table: Table, _ fill: (UnsafeMutableRawPointer) -> Void) {
        let header = Header(valueBytes: UInt32(count), keyBytes: 8, table: UInt8(table.place), kind: .put)
        let start = block.count
        block.append(contentsOf: repeatElement(0, count: Header.bytes + 8 + count))
        block.withUnsafeMutableBytes {
            let place = $0.baseAddress.unsafelyUnwrapped + start
            place.storeBytes(of: header, as: Header.self)
            (place + Header.bytes).storeBytes(of: key.bigEndian, as: UInt64.self)
            fill(place + Header.bytes + 8)
        }
    }

    /// Removes a number and its value; nothing happens when there is none.
    public mutating func delete(_ key: UInt64, in table: Table) {
        withUnsafeBytes(of: key.bigEndian) { delete($0, in: table) }
    }

    /// Removes a key and its value; nothing happens when there is none.
    public mutating func delete(_ key: [UInt8], in table: Table) {
        key.withUnsafeBytes { delete($0, in: table) }
    }

    // MARK: - What engines read

    /// One change; its bytes are the batch's.
    public enum Change {
        case put(Table, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)
        case delete(Table, key: UnsafeRawBufferPointer)
        case deleteAll(Table)
        case deletePrefix(Table, prefix: UnsafeRawBufferPointer)
    }

    /// Each change in its order; throws what `body` throws.
    @inlinable public func forEach<Failure: Error>(_ body: (Change) throws(Failure) -> Void) throws(Failure) {
        try block.withUnsafeBufferPointer { bytes throws(Failure) in
            let block = UnsafeRawBufferPointer(bytes)
            var offset = 0
            while offset < block.count {
                let header = block.loadUnaligned(fromByteOffset: offset, as: Header.self)
                let key = UnsafeRawBufferPointer(rebasing: block[offset + Header.bytes..<offset + Header.bytes + Int(header.keyBytes)])
                let end = offset + Header.bytes + key.count + Int(header.valueBytes)
                let value = UnsafeRawBufferPointer(rebasing: block[end - Int(header.valueBytes)..<end])
                let table = Table(Int(header.table))
                switch header.kind {
                case .put: try body(.put(table, key: key, value: value))
                case .delete: try body(.delete(table, key: key))
                case .deleteAll: try body(.deleteAll(table))
                case .deletePrefix: try body(.deletePrefix(table, prefix: key))
                }
                offset = end
            }
        }
    }

    @usableFromInline enum Kind: UInt8, BitwiseCopyable { case put, delete, deleteAll, deletePrefix }

    /// Before each key and value; never leaves the memory of the process, so its form is the machine's.
    @usableFromInline struct Header: BitwiseCopyable {
        @usableFromInline var valueBytes: UInt32
        @usableFromInline var keyBytes: UInt16
        @usableFromInline var table: UInt8
        @usableFromInline var kind: Kind

        @usableFromInline static var bytes: Int { 8 }

        init(valueBytes: UInt32, keyBytes: UInt16, table: UInt8, kind: Kind) {
            self.valueBytes = valueBytes
            self.keyBytes = keyBytes
            self.table = table
            self.kind = kind
        }
    }

    private mutating func append(_ kind: Kind, _ table: Table, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        precondition(kind == .deleteAll || !key.isEmpty && key.count <= Self.maximumKeyBytes, "a key has 1 to 511 bytes")
        let header = Header(
            valueBytes: UInt32(value.count), keyBytes: UInt16(key.count), table: UInt8(table.place), kind: kind)
        withUnsafeBytes(of: header) { block.append(contentsOf: $0) }
        block.append(contentsOf: key)
        block.append(contentsOf: value)
    }
}

/// One of a store's tables, by its place in the store's format.
public struct Table: Sendable, Hashable {
    public let place: Int

    @inlinable public init(_ place: Int) { self.place = place }
}
