import BrokerRecords
import Storage

/// What `martlet doctor` does with a data directory.
struct DoctorRun {
    private let arguments: Arguments
    private let directory: StoreDirectory
    /// Standard output.
    private let write: ([UInt8]) throws(Failure) -> Void

    init(_ arguments: Arguments, write: @escaping ([UInt8]) throws(Failure) -> Void = Console.write) throws(Failure) {
        guard let path = arguments.operands.first else { throw Failure(.wrongUsage, "expected the data directory of a broker") }
        let given = Self.works.filter(arguments.has)
        guard given.count <= 1 else {
            throw Failure(.wrongUsage, "expected one of \(Self.works.map(\.name).joined(separator: ", ")), found \(given.count)")
        }
        for option in [Option.queues, .queueOrder] where arguments.has(option) && !given.isEmpty {
            throw Failure(.wrongUsage, "\(option.name): expected without \(given[0].name)")
        }
        if arguments.has(.doctorJSON), arguments.has(.exportTo) {
            throw Failure(.wrongUsage, "--json: expected without --export, which writes JSON anyway")
        }
        self.arguments = arguments
        self.write = write
        directory = StoreDirectory(path)
    }

    private static let works: [Option] = [.compact, .repair, .exportTo, .importFrom]

    private var isJSON: Bool { arguments.has(.doctorJSON) }

    func run() async throws(Failure) {
        if let name = arguments.text(.importFrom) { return try await importLines(from: name) }
        try directory.requireStore()
        if let name = arguments.text(.exportTo) { return try export(to: name) }
        if arguments.has(.compact) { return try await compact() }
        if arguments.has(.repair) { return try repair() }
        try check()
    }

    private func print(_ text: String) throws(Failure) { try write(Array(text.utf8)) }

    private func check() throws(Failure) {
        let store = try directory.openForWork()
        var progress = RowProgress(arguments)
        let check = try StoreCheck.run(store, &progress)
        progress.end()
        let usedBytes: Int
        do throws(StorageError) { usedBytes = try store.usedBytes } catch { throw Failure(error) }
        var report = StoreReport(
            path: directory.path, fileBytes: directory.fileBytes, usedBytes: usedBytes, check: check, now: Timestamp.now.since1970 ?? 0)
        report.longest = arguments.integer(.queues) ?? report.longest
        report.order = arguments.text(.queueOrder).flatMap(StoreReport.Order.init(rawValue:)) ?? report.order
        try print(isJSON ? report.json : report.text)
        guard check.findings.isEmpty else {
            let findings = StoreReport.findings(check.findings.count)
            throw Failure(
                .failed, "\(directory.path): \(findings); --repair puts that right, and a copy of the directory keeps what it removes")
        }
    }

    private func compact() async throws(Failure) {
        let before = directory.fileBytes
        let directory = directory
        let line = ProgressLine(isQuiet: arguments.has(.quiet) || !Console.errorIsTerminal)
        try await line.during(
            {
                let written = StoreDirectory.bytes(of: LMDBStore.unfinished(directory.file)) ?? 0
                return "\(Quantity.bytes(Double(written))) written"
            },
            { () throws(Failure) in
                let store = try directory.openForWork()
                do throws(StorageError) { try store.compact() } catch { throw Failure(error) }
            })
        let after = directory.fileBytes
        guard isJSON else {
            let sizes = [before, after, before - after].map { "\(Quantity.bytes(Double($0)))" }
            return try print("\(directory.path): \(sizes[0]) before, \(sizes[1]) after, \(sizes[2]) less\n")
        }
        var object = JSONObject()
        object.add("store", directory.path)
        object.add("before_bytes", before)
        object.add("after_bytes", after)
        try print(object.closed + "\n")
    }

    private func repair() throws(Failure) {
        var progress = RowProgress(arguments)
        let repair = try StoreRepair(directory, at: .now, &progress)
        progress.end()
        try print(isJSON ? repair.json : repair.text)
    }

    private func export(to name: String) throws(Failure) {
        let store = try directory.openForWork()
        var progress = RowProgress(arguments)
        let result: StoreExport.Result
        if name == "-" {
            result = try StoreExport.run(store, &progress, write)
        } else {
            let file = try OutputFile(name)
            result = try StoreExport.run(store, &progress) { lines throws(Failure) in try file.write(lines) }
            try file.complete()
        }
        progress.end()
        guard let first = result.problems.first else { return }
        throw Failure(
            .failed,
            "\(directory.path): \(StoreReport.plural(result.problems.count, "row")) could not be read and was left out, the first one "
                + "\(first.tableName) \(first.keyText): \(first.problem)")
    }

    private func importLines(from name: String) async throws(Failure) {
        var work = try StoreImport(directory, from: name)
        var progress = RowProgress(arguments)
        let rows = try await work.run(&progress)
        progress.end()
        guard isJSON else { return try print("\(directory.path): \(StoreReport.plural(rows, "row")) imported\n") }
        var object = JSONObject()
        object.add("store", directory.path)
        object.add("rows", rows)
        try print(object.closed + "\n")
    }
}
