import CLinux
import Glibc

/// A thread of the operating system with a name and a stack of its own.
public struct Thread: ~Copyable {
    private let handle: pthread_t

    /// Starts `body`. `name` is what `top -H` shows, 15 bytes of it; `stackBytes` is address space.
    public init(
        name: String, stackBytes: Int = 8 << 20, body: @escaping @Sendable () -> Void
    ) throws(TransportError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        let sized = pthread_attr_setstacksize(&attributes, stackBytes)
        guard sized == 0 else { throw .system(call: "pthread_attr_setstacksize", errno: sized) }

        let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
        var started = pthread_t()
        let result = pthread_create(
            &started, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, start.toOpaque())
        guard result == 0 else {
            start.release()
            throw .system(call: "pthread_create", errno: result)
        }
        handle = started
    }

    /// A thread nobody joins goes on alone.
    deinit { pthread_detach(handle) }

    /// Waits until `body` has returned.
    public consuming func join() {
        pthread_join(handle, nil)
        discard self
    }
}

private final class ThreadStart: Sendable {
    private let name: String
    private let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    func run() {
        clinux_name_thread(name)
        // So that the address space of the process does not jump at some later line of a log.
        clinux_map_heap()
        body()
    }
}
