import Glibc

/// In one call, so that a terminal shows it in one piece.
func say(_ text: String, on descriptor: Int32) {
    let bytes = Array(text.utf8)
    _ = write(descriptor, bytes, bytes.count)
}

func readOptions() -> Options {
    do {
        return try Options(CommandLine.arguments.dropFirst())
    } catch {
        say("crashtest: \(error.text)\n\(Options.usage)\n", on: STDERR_FILENO)
        exit(2)
    }
}

func makeFolder() -> String {
    var path = Array("\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/martlet-crash-XXXXXX".utf8CString)
    guard mkdtemp(&path) != nil else {
        say("crashtest: no folder for the data: \(String(cString: strerror(errno)))\n", on: STDERR_FILENO)
        exit(1)
    }
    return String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
}

func removeFolder(_ path: String) {
    if let folder = opendir(path) {
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { removeFolder("\(path)/\(name)") }
        }
        closedir(folder)
    }
    remove(path)
}

/// Keeps what the clients saw last beside data and log, and shows those that the failure names.
func report(_ failure: CrashRun.Failure, of run: CrashRun, in folder: String) {
    let journals = run.journals(naming: failure.text)
    let path = "\(folder)/clients.txt"
    let all = journals.map { "== \($0.name)\n\($0.lines.joined(separator: "\n"))\n" }.joined(separator: "\n")
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    say(all, on: descriptor)
    close(descriptor)
    for journal in journals.prefix(while: { failure.text.contains($0.name) }) {
        print("  \(journal.name), its last events:")
        for line in journal.lines.suffix(30) { print("    \(line)") }
    }
    print(
        """
        seed \(run.options.seed) fails after \(run.kills) kills: \(failure.text)
        \(run.summary.all)
        kept: \(folder)/data, \(folder)/broker.log, \(path)
        again: \(run.options.command)
        """)
}

/// Runs it in a folder of its own; the answer is the exit status.
func run(_ options: Options) -> Int32 {
    let folder = makeFolder()
    let run: CrashRun
    do {
        run = try CrashRun(options, folder: folder)
    } catch {
        say("crashtest: \(error)\n", on: STDERR_FILENO)
        return 1
    }
    do {
        try run.run()
    } catch {
        run.broker.kill()
        report(error, of: run, in: folder)
        return 1
    }
    run.broker.kill()
    removeFolder(folder)
    print("seed \(options.seed) held: \(run.summary.all)")
    return 0
}

let options = readOptions()
if options.wantsHelp {
    print(Options.usage)
    exit(0)
}
exit(run(options))
