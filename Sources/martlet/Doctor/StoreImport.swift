import Glibc
import Primitives
import Storage

/// Makes a store of the lines that `--export` wrote: all of them, or nothing.
struct StoreImport {
    private let directory: StoreDirectory
    /// What errors call the lines.
    private let name: String
    private var input: StandardInput

    /// Bytes written in one transaction.
    private static let batchBytes = 8 << 20

    /// - Parameter name: of the file with the lines; `-`: standard input
    init(_ directory: StoreDirectory, from name: String) throws(Failure) {
        self.directory = directory
        if name == "-" {
            self.name = "standard input"
            input = StandardInput()
        } else {
            let descriptor = open(name, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Failure(.failed, "\(name): \(String(cString: strerror(errno)))") }
            self.name = name
            input = StandardInput(descriptor, name: name)
        }
    }

    /// The number of rows.
    mutating func run(_ progress: inout RowProgress) async throws(Failure) -> Int {
        try prepare()
        let size = input.fileSize
        var rows = 0
        var batch = WriteBatch(isNecessary: true)
        var replacement = try replacement()
        var number = 0
        while let line = try await input.nextLine() {
            number += 1
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
            guard let row = try row(line, number) else { continue }
            row.put(into: &batch)
            rows += 1
            guard progress.advance(share: size.map { Double(input.bytesRead) / Double(max($0, 1)) }) else { break }
            if batch.byteCount > Self.batchBytes {
                do throws(StorageError) { try replacement.apply(batch) } catch { throw Failure(error) }
                batch = WriteBatch(isNecessary: true)
            }
        }
        if Task.isCancelled { throw Failure(.interrupted, nil) }
        do throws(StorageError) {
            try replacement.apply(batch)
            try replacement.complete()
        } catch {
            throw Failure(error)
        }
        return rows
    }

    /// The row of a line; nil: it only says what the others are.
    func row(_ line: [UInt8], _ number: Int) throws(Failure) -> BrokerRow? {
        let value: JSONValue
        do throws(JSONValue.Problem) { value = try JSONValue(line) } catch {
            throw wrong(number, "byte \(error.offset + 1)", "expected \(error.expected)")
        }
        let row: BrokerRow?
        do throws(FieldReader.Problem) { row = try BrokerRow(value) } catch { throw wrong(number, error.field, error.words) }
        guard let row else { return nil }
        // What the broker would not read is not to come in.
        do throws(RowProblem) { try row.check() } catch { throw wrong(number, nil, error.words) }
        return row
    }

    private func wrong(_ line: Int, _ field: String?, _ words: String) -> Failure {
        Failure(.failed, "\(name), line \(line)" + (field.map { ", \($0)" } ?? "") + ": \(words)")
    }

    private func replacement() throws(Failure) -> StoreReplacement {
        do throws(StorageError) {
            return try StoreReplacement(at: directory.file, format: StoreDirectory.format)
        } catch {
            throw Failure(error)
        }
    }

    /// Makes the directory if there is none; refuses one in whose store something is.
    private func prepare() throws(Failure) {
        try directory.make()
        guard try directory.hasStore else { return }
        let store = try directory.openForWork()
        for table in BrokerRow.tables {
            var isEmpty = true
            do throws(StorageError) {
                try store.scanRows(table, from: []) { _, _ in
                    isEmpty = false
                    return false
                }
            } catch {
                throw Failure(error)
            }
            guard isEmpty else {
                throw Failure(.failed, "\(directory.path): expected a new or an empty directory, found a store with something in it")
            }
        }
    }
}
