import Glibc
import Synchronization

/// A thread for the tasks that keep a schedule: they may block it, and wait behind nobody else's work.
///
/// On the common threads a publisher would wait behind a thousand readers that have just got a message, and be late by as much.
final class PacingThread: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])
    private let reading: Int32
    private let writing: Int32

    init() throws(Failure) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(.failed, "a pipe: \(String(cString: strerror(errno)))") }
        (reading, writing) = (ends[0], ends[1])
        Blocking.start { [self] in work() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        var byte: UInt8 = 0
        write(writing, &byte, 1)
    }

    /// To be called when nothing runs on it any more.
    func end() { close(writing) }

    private func work() {
        sharpenTimers()
        var byte: UInt8 = 0
        while read(reading, &byte, 1) == 1 {
            guard let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { continue }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
        close(reading)
    }

    /// Linux wakes a sleeper up to 50 µs late, so as to wake several at once, unless it is told to this thread.
    private func sharpenTimers() {
        var link = [CChar](repeating: 0, count: 64)
        // Such as 4711/task/4715; the file stands only where processes have theirs.
        let length = max(0, readlink("/proc/thread-self", &link, 64))
        guard let thread = String(decoding: link.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self).split(separator: "/").last
        else { return }
        let file = open("/proc/\(thread)/timerslack_ns", O_WRONLY)
        guard file >= 0 else { return }
        write(file, "1", 1)
        close(file)
    }
}
