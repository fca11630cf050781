/// Numbers as people read them.
enum Quantity {
    /// `12,345`.
    static func count(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }

    /// With one decimal below ten, none above.
    static func rate(_ number: Double) -> String { number < 9.95 ? fixed(number, 1) : count(Int(number.rounded())) }

    /// `950 B`, `12.3 kB`, `4.5 MB`.
    static func bytes(_ number: Double) -> String {
        var value = number
        var unit = 0
        let units = ["B", "kB", "MB", "GB"]
        while value >= 999.5, unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        return (unit == 0 ? count(Int(value.rounded())) : fixed(value, 1)) + " " + units[unit]
    }

    /// `0.2 s`, `12 s`, `3 min 20 s`.
    static func seconds(_ duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        if seconds < 9.95 { return fixed(seconds, 1) + " s" }
        let whole = Int(seconds.rounded())
        return whole < 120 ? "\(whole) s" : "\(whole / 60) min \(whole % 60) s"
    }

    /// `45 s`, `12 min`, `5 h 20 min`, `3 d 4 h`.
    static func age(_ seconds: Int) -> String {
        switch seconds {
        case ..<120: "\(max(0, seconds)) s"
        case ..<7_200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3_600) h \(seconds / 60 % 60) min"
        default: "\(count(seconds / 86_400)) d \(seconds / 3_600 % 24) h"
        }
    }

    static func milliseconds(_ duration: Duration) -> String { fixed(duration / .milliseconds(1), 3) }

    static func fixed(_ number: Double, _ decimals: Int) -> String {
        let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int((number * Double(scale)).rounded())
        let fraction = String(scaled.magnitude % scale.magnitude)
        let whole = (scaled < 0 ? "-" : "") + String(scaled.magnitude / scale.magnitude)
        return decimals == 0 ? whole : whole + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}
