import Glibc

/// A moment of the calendar.
struct Timestamp: Equatable, Sendable {
    var seconds: Int
    var nanoseconds: Int

    init(seconds: Int, nanoseconds: Int) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// A moment in nanoseconds since 1970.
    init(since1970 nanoseconds: Int64) {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        self.init(seconds: Int(seconds) - (rest < 0 ? 1 : 0), nanoseconds: Int(rest) + (rest < 0 ? 1_000_000_000 : 0))
    }

    /// Reads what `exact` or `utc` wrote; nil: the text is no such moment.
    init?(_ text: String) {
        let parts = text.split(omittingEmptySubsequences: false) { "-T:.Z".contains($0) }
        let widths = parts.map(\.utf8.count)
        guard widths.starts(with: [4, 2, 2, 2, 2, 2]), widths.last == 0, widths.count == 7 || widths.count == 8 && widths[6] <= 9 else {
            return nil
        }
        let numbers = parts.dropLast().compactMap { Int32($0) }
        guard numbers.count == widths.count - 1 else { return nil }
        var time = tm()
        (time.tm_year, time.tm_mon, time.tm_mday) = (numbers[0] - 1_900, numbers[1] - 1, numbers[2])
        (time.tm_hour, time.tm_min, time.tm_sec) = (numbers[3], numbers[4], numbers[5])
        let digits = widths.count == 8 ? String(parts[6]) : ""
        let fraction = digits + String(repeating: "0", count: 9 - digits.utf8.count)
        guard let nanoseconds = Int(fraction) else { return nil }
        self.init(seconds: timegm(&time), nanoseconds: nanoseconds)
        // What it would be written as, tells of everything else that was wrong: a 30th of February, a sign, other separators.
        guard exact == text.dropLast(digits.isEmpty ? 1 : digits.utf8.count + 2) + "." + fraction + "Z" else { return nil }
    }

    /// nil: before 1677 or after 2262.
    var since1970: Int64? {
        // Towards 1970, so that the first moment of all does not leave the range on the way.
        let borrowed: Int64 = seconds < 0 ? 1 : 0
        let (scaled, isLarge) = (Int64(seconds) + borrowed).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isLarger) = scaled.addingReportingOverflow(Int64(nanoseconds) - borrowed * 1_000_000_000)
        return isLarge || isLarger ? nil : sum
    }

    /// `2026-01-31T09:47:38.123456789Z`: nothing is lost.
    var exact: String { Self.text(time(utc: true), "%FT%T") + "." + fraction + "Z" }

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
