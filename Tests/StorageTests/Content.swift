import Foundation

import Primitives
@testable import Storage

/// All that is in a store.
struct Content: Equatable {
    private var rows: [[Data]] = []

    init(of store: borrowing some KeyValueStore & ~Copyable) throws {
        for table in [Table.a, .b] {
            var rows: [Data] = []
            try store.scan(table, from: UnsafeRawBufferPointer(start: nil, count: 0)) { key, value throws(StorageError) in
                rows += [Data(key), Data(value)]
                return true
            }
            self.rows.append(rows)
        }
    }
}
