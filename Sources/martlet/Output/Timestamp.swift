import Glibc

/// A moment of the calendar.
struct Timestamp: Equatable, Sendable {
    var seconds: Int
    var nanoseconds: Int

    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// `2026-01-31T09:47:38.123Z`, for machines.
    var utc: String { Self.text(time(utc: true), "%FT%T") + "." + digits(nanoseconds / 1_000_000, 3) + "Z" }

    /// `09:47:38.123` here, for people.
    var clock: String { local("%T") + "." + digits(nanoseconds / 1_000_000, 3) }

    /// `1769852858.123456789`.
    var unix: String { "\(seconds).\(fraction)" }

    /// Nine digits.
    var fraction: String { digits(nanoseconds, 9) }

    /// Here, as strftime(3) writes it.
    func local(_ format: String) -> String { Self.text(time(utc: false), format) }

    private func time(utc: Bool) -> tm {
        var moment = seconds
        var parts = tm()
        if utc { gmtime_r(&moment, &parts) } else { localtime_r(&moment, &parts) }
        return parts
    }

    private static func text(_ time: tm, _ format: String) -> String {
        var time = time
        let bytes = [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
            count = buffer.withMemoryRebound(to: CChar.self) { strftime($0.baseAddress, $0.count, format, &time) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func digits(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
