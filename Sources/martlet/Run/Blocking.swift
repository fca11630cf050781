import Glibc

/// Work that blocks its thread: it gets one of its own, so that no task waits behind it.
enum Blocking {
    /// Does `work` on another thread; nil when the task is cancelled, without waiting for it.
    static func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result? {
        let answers = AsyncStream<Result> { continuation in
            start {
                continuation.yield(work())
                continuation.finish()
            }
        }
        for await answer in answers { return answer }
        return nil
    }

    /// Does `work` on another thread, for nobody who waits.
    static func start(_ work: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Work(work))
        let problem = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        // Without a thread of its own it is done all the same, here.
        guard problem == 0 else { return box.takeRetainedValue().body() }
        pthread_detach(thread)
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
