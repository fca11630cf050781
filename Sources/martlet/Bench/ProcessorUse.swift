import Glibc

/// How busy this process was between two moments, to see whether it measured the broker or itself.
struct ProcessorUse: Equatable {
    /// Processors used, on average: 1 is one of them all the time.
    var processors = 0.0
    /// The part of the time in which its busiest thread ran,
    var busiestThread = 0.0
    /// and that in which that thread was ready to run and had no processor.
    var starved = 0.0

    /// What the system has counted up to a moment.
    struct Reading {
        let moment = MonotonicClock.now()
        let processorTime = MonotonicClock.processorTime()
        /// By thread: nanoseconds it ran, and waited for a processor.
        let threads: [String: (running: UInt64, waiting: UInt64)] = Self.threadTimes()

        private static func threadTimes() -> [String: (running: UInt64, waiting: UInt64)] {
            guard let folder = opendir("/proc/self/task") else { return [:] }
            defer { closedir(folder) }
            var times: [String: (running: UInt64, waiting: UInt64)] = [:]
            while let entry = readdir(folder) {
                // In its place: an entry ends where its name does, before the end of its type.
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
                }
                let numbers = SystemFile.text("/proc/self/task/\(name)/schedstat").split(separator: " ").compactMap { UInt64($0) }
                if numbers.count >= 2 { times[name] = (numbers[0], numbers[1]) }
            }
            return times
        }
    }

    init() {}

    init(from first: Reading, to last: Reading) {
        // A run may be over before its window has opened: then nothing was measured.
        guard last.moment > first.moment else { return }
        let time = Double(last.moment - first.moment)
        processors = Double(last.processorTime - min(first.processorTime, last.processorTime)) / time
        for (thread, end) in last.threads {
            let start = first.threads[thread] ?? (0, 0)
            let running = Double(end.running - min(start.running, end.running)) / time
            let waiting = Double(end.waiting - min(start.waiting, end.waiting)) / time
            if running + waiting > busiestThread + starved { (busiestThread, starved) = (running, waiting) }
        }
    }
}

/// A small file that the system writes.
enum SystemFile {
    /// Empty if it cannot be read.
    static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { return "" }
        defer { close(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 4_096) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, buffer.count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
