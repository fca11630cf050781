import CLinux
import Glibc

/// Wakes the thread that waits in a `Poller`; for every thread, at any time, also after the poller is gone.
public struct Waker: Sendable, Equatable {
    let event: EventDescriptor

    /// Wakes nobody yet: give it to a `Poller`.
    public init() throws(TransportError) { event = try EventDescriptor() }

    /// Makes the current or the next `Poller.wait` return.
    public func wake() {
        eventfd_write(event.descriptor, 1)
    }

    public static func == (a: Waker, b: Waker) -> Bool { a.event === b.event }
}

/// An eventfd that stays open while somebody may write to it: its number must not be taken by another file.
final class EventDescriptor: Sendable {
    let descriptor: Int32

    init() throws(TransportError) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw .system(call: "eventfd", errno: errno) }
    }

    deinit { close(descriptor) }
}
