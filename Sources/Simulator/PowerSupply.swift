import Primitives

/// When the power fails: between two ticks, or in the middle of one, with some call of a port.
struct PowerSupply {
    /// How often it has failed.
    private(set) var lost = 0
    /// What has stopped stands still until the broker starts anew.
    private(set) var hasFailed = false
    var random: SeededRandom
    private var left: Int
    /// Of ticks between two failures, at most.
    private let pause: Int
    private var nextTick: Int
    /// Calls until it fails in the middle of a tick; nil: it does not.
    private var callsLeft: Int?

    /// - Parameters:
    ///   - losses: how often it fails at most
    ///   - fatalCall: the call with which it fails the first time; nil: at a moment drawn from the seed
    init(losses: Int, fatalCall: Int?, seed: UInt64) {
        random = SeededRandom(seed: seed ^ 0xDA4C)
        left = losses
        pause = random.pick([50, 300, 1_500])
        nextTick = fatalCall == nil ? random.among(1...pause) : .max
        callsLeft = fatalCall
    }

    /// Whether it fails instead of this tick; if it is to fail in the middle of one, that is made ready.
    mutating func failsBefore(tick: Int) -> Bool {
        guard left > 0, callsLeft == nil, tick >= nextTick else { return false }
        if random.chance(50) {
            callsLeft = random.among(1...12)
            return false
        }
        hasFailed = true
        return true
    }

    /// Whether it fails with this call.
    mutating func failsAtCall() -> Bool {
        guard left > 0, !hasFailed, let calls = callsLeft else { return false }
        callsLeft = calls - 1
        hasFailed = calls <= 1
        return hasFailed
    }

    /// The power is back; how many shards there will be.
    mutating func restart(shards: Int, after tick: Int) -> Int {
        hasFailed = false
        callsLeft = nil
        lost += 1
        left -= 1
        nextTick = tick + random.among(1...pause)
        // Sometimes at once again, before the broker has properly begun.
        if random.chance(15) { callsLeft = random.among(1...20) }
        return random.chance(40) ? random.among(1...3) : shards
    }
}
