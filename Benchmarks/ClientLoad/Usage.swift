import Glibc

/// What the process has used since a moment: CPU of all its threads, and time.
struct Usage {
    private let cpu = Usage.cpu()
    private let began = ContinuousClock.now

    func printRate(_ messages: Int) {
        let seconds = began.duration(to: .now) / .seconds(1)
        say("{\"messages\": \(messages), \"cpu\": \(Usage.cpu() - cpu), \"seconds\": \(seconds)}")
    }

    private static func cpu() -> Double {
        var used = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &used)
        return [used.ru_utime, used.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1_000_000 }
    }

    /// Bytes of memory that is the process's own, RssAnon.
    static func ownMemory() throws -> Int {
        guard let file = fopen("/proc/self/status", "r") else { throw Failure(description: "no /proc/self/status") }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 8_192)
        text.removeSubrange(fread(&text, 1, text.count, file)...)
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") where line.hasPrefix("RssAnon:") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            if words.count > 1, let kilobytes = Int(words[1]) { return kilobytes * 1_024 }
        }
        throw Failure(description: "/proc/self/status has no RssAnon")
    }
}
