import Primitives
import Storage

/// Puts right what can be: a file that cannot be opened, then rows that make no sense.
struct StoreRepair {
    /// What was saved of a damaged file, and under which name that file now is.
    struct Saved: Equatable {
        let rows: StoreSalvage
        let damaged: String
    }

    let path: String
    /// nil: the file was sound.
    private(set) var saved: Saved?
    private(set) var findings: [Finding] = []

    /// - Parameter now: names the damaged file
    init(_ directory: StoreDirectory, at now: Timestamp, _ progress: inout RowProgress) throws(Failure) {
        path = directory.path
        if try Self.isDamaged(directory) { saved = try Self.salvage(directory, at: now) }
        var store = try directory.openForWork()
        findings = try StoreCheck.run(store, &progress).findings
        var batch = WriteBatch(isNecessary: true)
        for finding in findings { finding.repair(in: &batch) }
        guard !batch.isEmpty else { return }
        do throws(StorageError) { try store.apply(batch) } catch { throw Failure(error) }
    }

    private static func isDamaged(_ directory: StoreDirectory) throws(Failure) -> Bool {
        do throws(StorageError) {
            _ = try directory.open()
            return false
        } catch {
            switch error {
            case .corrupt, .foreign: return true
            default: throw Failure(error)
            }
        }
    }

    private static func salvage(_ directory: StoreDirectory, at now: Timestamp) throws(Failure) -> Saved {
        // Without colons, which programs for copying files take for something else.
        let time = String(now.exact.prefix(19).map { $0 == ":" ? "-" : $0 }) + "Z"
        let damaged = "\(directory.file).damaged-\(time)"
        do throws(StorageError) {
            var replacement = try StoreReplacement(at: directory.file, format: StoreDirectory.format)
            let rows = try replacement.salvage()
            try replacement.complete(keepingOldAs: damaged)
            return Saved(rows: rows, damaged: damaged)
        } catch {
            throw Failure(.failed, hopeless(error))
        }
    }

    private static func hopeless(_ error: StorageError) -> String {
        switch error {
        case .corrupt(let path, let reason):
            "\(path): nothing can be saved (\(reason)), and it was left as it is; restore a backup, or move it away to begin anew"
        default: "\(error)"
        }
    }
}

// MARK: - What it says

extension StoreRepair {
    var text: String {
        var lines: [String] = []
        if let saved {
            lines.append("\(path): the file was damaged; saved \(Quantity.count(saved.rows.rows)) rows" + lossText(saved.rows))
            lines.append("  the damaged file is kept as \(saved.damaged)")
        }
        for finding in findings { lines.append("  \(finding.repair): \(finding.tableName) \(finding.keyText): \(finding.problem)") }
        lines.append(
            "\(path): " + (findings.isEmpty ? "every row is as it should be" : "\(StoreReport.findings(findings.count)) put right"))
        return lines.joined(separator: "\n") + "\n"
    }

    private func lossText(_ rows: StoreSalvage) -> String {
        let pages = StoreReport.plural(rows.lostPages.count, "damaged page")
        let loss = rows.lostPages.isEmpty && rows.lostRows == 0 ? "" : ", lost \(Quantity.count(rows.lostRows)) in \(pages)"
        if rows.mayLackLastTransaction { return loss + ", perhaps without what the last transaction did" }
        return loss.isEmpty ? ", all there were" : loss
    }

    var json: String {
        var object = JSONObject()
        object.add("store", path)
        if let saved {
            var salvage = JSONObject()
            salvage.add("rows", saved.rows.rows)
            salvage.add("lost_rows", saved.rows.lostRows)
            salvage.add("damaged_pages", saved.rows.lostPages.count)
            salvage.add("may_lack_last_transaction", saved.rows.mayLackLastTransaction)
            salvage.add("damaged_file", saved.damaged)
            object.addRaw("salvaged", salvage.closed)
        }
        object.addRaw("repaired", StoreReport.array(findings.map(\.repairJSON)))
        return object.closed + "\n"
    }
}
