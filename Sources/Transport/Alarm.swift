import CLinux
import Glibc
import Primitives

/// Ends a wait at a moment. It is set only when the moment changes, which is rare: a time-out for every wait would cost
/// a kernel timer each.
final class Alarm {
    let descriptor: Int32
    private var moment: Instant?

    init() throws(TransportError) {
        descriptor = clinux_alarm_create()
        guard descriptor >= 0 else { throw .system(call: "timerfd_create", errno: errno) }
    }

    deinit { close(descriptor) }

    /// Rings at `moment` of the system's clock, at once if that has passed.
    func set(to moment: Instant) {
        guard moment != self.moment else { return }
        self.moment = moment
        clinux_alarm_set(descriptor, max(1, moment.nanoseconds))
    }

    /// It has rung, and will again only when it is set again.
    func rang() { moment = nil }
}
