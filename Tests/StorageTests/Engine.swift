import Foundation
import Testing

import Primitives
@testable import Storage

/// The engines that must behave alike.
enum Engine: String, CaseIterable, CustomTestStringConvertible {
    case memory, lmdb

    var testDescription: String { rawValue }

    func open(in directory: TemporaryDirectory, maximumBytes: Int = 1 << 30) throws(StorageError) -> EitherStore {
        switch self {
        case .memory: .memory(MemoryStore(format: .test, maximumBytes: maximumBytes))
        case .lmdb: .lmdb(try LMDBStore(path: directory.file("store"), format: .test, maximumBytes: maximumBytes))
        }
    }
}

enum EitherStore: KeyValueStore, ~Copyable {
    case memory(MemoryStore)
    case lmdb(LMDBStore)

    borrowing func get<Result>(
        _ key: UnsafeRawBufferPointer, in table: Table, _ body: (UnsafeRawBufferPointer) throws(StorageError) -> Result
    ) throws(StorageError) -> Result? {
        switch self {
        case .memory(let store): try store.get(key, in: table, body)
        case .lmdb(let store): try store.get(key, in: table, body)
        }
    }

    borrowing func scan(
        _ table: Table, from key: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(StorageError) -> Bool
    ) throws(StorageError) {
        switch self {
        case .memory(let store): try store.scan(table, from: key, body)
        case .lmdb(let store): try store.scan(table, from: key, body)
        }
    }

    mutating func apply(_ batches: ArraySlice<WriteBatch>) throws(StorageError) {
        switch consume self {
        case .memory(var store):
            do throws(StorageError) { try store.apply(batches) } catch {
                self = .memory(store)
                throw error
            }
            self = .memory(store)
        case .lmdb(var store):
            do throws(StorageError) { try store.apply(batches) } catch {
                self = .lmdb(store)
                throw error
            }
            self = .lmdb(store)
        }
    }

    var usedBytes: Int {
        borrowing get throws(StorageError) {
            switch self {
            case .memory(let store): store.usedBytes
            case .lmdb(let store): try store.usedBytes
            }
        }
    }
}

extension StoreFormat {
    static let test = StoreFormat(name: "store of tests", version: 3, tables: ["a", "b"])
}

extension Table {
    static let a = Table(0)
    static let b = Table(1)
}

extension KeyValueStore where Self: ~Copyable {
    /// Every key and value of a table from a key on, as text.
    borrowing func rows(_ table: Table, from key: String = "") throws -> [String] {
        var rows: [String] = []
        try Array(key.utf8).withBytes { key throws(StorageError) in
            try scan(table, from: key) { key, value throws(StorageError) in
                rows.append("\(String(decoding: key, as: UTF8.self))=\(String(decoding: value, as: UTF8.self))")
                return true
            }
        }
        return rows
    }

    borrowing func numbers(_ table: Table, from number: UInt64 = 0) throws -> [UInt64] {
        var numbers: [UInt64] = []
        try scan(table, from: number) { number, _ throws(StorageError) in
            numbers.append(number)
            return true
        }
        return numbers
    }
}

extension WriteBatch {
    /// Puts texts.
    mutating func put(_ value: String, at key: String, in table: Table) { put(Array(value.utf8), at: Array(key.utf8), in: table) }

    mutating func delete(_ key: String, in table: Table) { delete(Array(key.utf8), in: table) }

    /// Numbers, each with as many bytes.
    static func puts(_ numbers: some Sequence<UInt64>, bytes: Int = 0, in table: Table = .a) -> WriteBatch {
        var batch = WriteBatch()
        for number in numbers { batch.put([UInt8](repeating: UInt8(number % 251), count: bytes), at: number, in: table) }
        return batch
    }

    static func deletes(_ numbers: some Sequence<UInt64>, in table: Table = .a) -> WriteBatch {
        var batch = WriteBatch()
        for number in numbers { batch.delete(number, in: table) }
        return batch
    }
}

final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-storage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}
