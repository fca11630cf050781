/// A bar on standard error that tells how far something has come, at most ten times a second.
struct Progress {
    /// What is counted.
    private let unit: String
    private let began = ContinuousClock.now
    private var drawn: ContinuousClock.Instant?
    /// Of the whole, where it is known: from 0 to 1.
    private var share: Double?
    private var count = 0

    init(unit: String = "messages") { self.unit = unit }

    mutating func advance(to count: Int, share: Double?) {
        self.count = count
        self.share = share
        let now = ContinuousClock.now
        if let drawn, drawn.duration(to: now) < .milliseconds(100) { return }
        drawn = now
        Console.draw("\r" + Self.line(count: count, unit: unit, share: share, after: began.duration(to: now)) + "\u{1B}[K")
    }

    func end() {
        guard drawn != nil else { return }
        Console.draw("\r" + Self.line(count: count, unit: unit, share: share, after: began.duration(to: .now)) + "\u{1B}[K\n")
    }

    static func line(count: Int, unit: String = "messages", share: Double?, after duration: Duration) -> String {
        let seconds = max(duration / .seconds(1), 0.001)
        let rate = Double(count) / seconds
        let counted = "\(Quantity.count(count)) \(unit), \(Quantity.rate(rate))/s"
        guard let share else { return counted }
        let part = min(max(share, 0), 1)
        let full = Int(part * 24)
        let bar = "[" + String(repeating: "#", count: full) + String(repeating: ".", count: 24 - full) + "] \(Int(part * 100))%  " + counted
        if part >= 1 { return bar + ", \(Quantity.seconds(duration))" }
        // Too early to tell otherwise.
        return part > 0.01 ? bar + ", \(Quantity.seconds(duration / part * (1 - part))) to go" : bar
    }
}
