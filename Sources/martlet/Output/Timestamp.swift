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
        let bytes = Array(text.utf8)
        guard bytes.count == 20 || bytes.count > 21 && bytes.count <= 30 && bytes[19] == UInt8(ascii: "."), bytes.last == UInt8(ascii: "Z"),
            zip([4, 7, 10, 13, 16], "--T::".utf8).allSatisfy({ bytes[$0] == $1 })
        else { return nil }
        func number(_ range: Range<Int>) -> Int32? {
            bytes[range].reduce(0) { sum, byte in sum.flatMap { (0x30...0x39).contains(byte) ? $0 * 10 + Int32(byte - 0x30) : nil } }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19),
            let fraction = bytes.count == 20 ? 0 : number(20..<bytes.count - 1)
        else { return nil }
        var time = tm()
        (time.tm_year, time.tm_mon, time.tm_mday) = (year - 1_900, month - 1, day)
        (time.tm_hour, time.tm_min, time.tm_sec) = (hour, minute, second)
        let seconds = timegm(&time)
        // What is too much, such as the 30th of February, was carried over.
        guard (time.tm_mon, time.tm_mday) == (month - 1, day), (time.tm_hour, time.tm_min, time.tm_sec) == (hour, minute, second) else {
            return nil
        }
        let missing = bytes.count == 20 ? 9 : 30 - bytes.count
        self.init(seconds: seconds, nanoseconds: (0..<missing).reduce(Int(fraction)) { value, _ in value * 10 })
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
