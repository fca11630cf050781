import Glibc
import Simulator

let usage = """
    usage: simulate [--seed N | --seeds A..B] [--steps N] [--shards N] [--losses N] [--fatal-call N] [--durability D]
                    [--clients N,N,…] [--no-shrink] [--lines N]

    Runs the broker in a virtual network against a naïve oracle; every choice follows from the seed.

      --seed N        one seed
      --seeds A..B    all seeds from A up to B, both included; without it 1..1000
      --steps N       things each client does; without it 60
      --shards N      shards of the broker, 1...64; without it the seed says 1, 2 or 3
      --losses N      the power fails so many times, at moments the seed says, and the broker starts anew from its disk;
                      without it never
      --fatal-call N  the power fails first with this call of a shard's port
      --durability D  none, relaxed or strict; without it the seed says which
      --clients LIST  only these clients of the seed
      --no-shrink     prints a failing seed as it is, without looking for a shorter run that fails
      --lines N       lines of the transcript to print, the last ones; without it 80
      --help          this text

    Exit status: 0 when everything held, 1 when a seed failed, 2 when the arguments make no sense.
    """

func tell(_ text: String) {
    let line = Array("\(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

func refuse(_ problem: String) -> Never {
    tell("simulate: \(problem)\n\(usage)")
    exit(2)
}

var seeds: ClosedRange<UInt64> = 1...1_000
var steps = 60
var clients: [Int]?
var shards: Int?
var losses = 0
var fatalCall: Int?
var durability: String?
var shrinks = true
var lines = 80

var arguments = Array(CommandLine.arguments.dropFirst())
@MainActor func value(of flag: String) -> String {
    if arguments.isEmpty { refuse("\(flag) needs a value") }
    return arguments.removeFirst()
}
while !arguments.isEmpty {
    let flag = arguments.removeFirst()
    switch flag {
    case "--help":
        print(usage)
        exit(0)
    case "--seed":
        guard let seed = UInt64(value(of: flag)) else { refuse("--seed needs a number") }
        seeds = seed...seed
    case "--seeds":
        let parts = value(of: flag).split(separator: ".", omittingEmptySubsequences: true).map { UInt64($0) }
        guard parts.count == 2, let first = parts[0], let last = parts[1], first <= last else { refuse("--seeds needs A..B") }
        seeds = first...last
    case "--steps":
        guard let number = Int(value(of: flag)), number > 0 else { refuse("--steps needs a number above 0") }
        steps = number
    case "--shards":
        guard let number = Int(value(of: flag)), 1...64 ~= number else { refuse("--shards needs a number from 1 to 64") }
        shards = number
    case "--losses":
        guard let number = Int(value(of: flag)), number >= 0 else { refuse("--losses needs a number") }
        losses = number
    case "--fatal-call":
        guard let number = Int(value(of: flag)), number > 0 else { refuse("--fatal-call needs a number above 0") }
        fatalCall = number
    case "--durability":
        durability = value(of: flag)
        if !Simulation.Plan.durabilities.contains(durability ?? "") { refuse("--durability is none, relaxed or strict") }
    case "--clients":
        let numbers = value(of: flag).split(separator: ",").map { Int($0) }
        clients = numbers.compactMap { $0 }
        if clients?.count != numbers.count || numbers.isEmpty { refuse("--clients needs numbers with commas between them") }
    case "--lines":
        guard let number = Int(value(of: flag)), number > 0 else { refuse("--lines needs a number above 0") }
        lines = number
    case "--no-shrink": shrinks = false
    default: refuse("unknown argument \(flag)")
    }
}

func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Tells how the seed fails, in as few packets as can be found.
@MainActor func explain(_ plan: Simulation.Plan, shrinks: Bool, lines: Int) {
    let small = shrinks ? Simulation.shrink(plan) : plan
    let outcome = Simulation(small, isRecording: true).run()
    if let violation = outcome.violation { print("seed \(plan.seed) fails: \(violation)") }
    let order = small.isBusy ? "freely" : "one after the other"
    print("  \(small.shards) shards run \(order), durability \(small.durability), \(outcome.losses) losses of power")
    let shown = outcome.transcript.suffix(lines)
    if outcome.transcript.count > shown.count { print("  … \(outcome.transcript.count - shown.count) lines before") }
    for line in shown { print("  \(line)") }
    let list = small.clients.map(String.init).joined(separator: ",")
    var again = "simulate --seed \(plan.seed) --steps \(small.steps) --shards \(small.shards) --clients \(list) --no-shrink"
    if small.losses > 0 { again += " --losses \(small.losses)" }
    if losses == 0 { again += " --durability \(small.durability)" }
    if let call = small.fatalCall { again += " --fatal-call \(call)" }
    print("again: \(again)")
}

let start = seconds()
var told = start
var sent: UInt64 = 0
var ticks = 0
var lost = 0
for seed in seeds {
    var plan = Simulation.Plan(seed: seed, steps: steps, shards: shards, losses: losses)
    plan.fatalCall = fatalCall
    if let durability { plan.choose(durability: durability) }
    if let clients { plan.clients = clients }
    let outcome = Simulation(plan).run()
    if outcome.violation != nil {
        explain(plan, shrinks: shrinks, lines: lines)
        exit(1)
    }
    sent += outcome.publishesSent
    ticks += outcome.ticks
    lost += outcome.losses
    if seconds() - told > 5 {
        told = seconds()
        tell("… seed \(seed), \(sent) messages sent, \(ticks) ticks, \(Int(told - start)) s")
    }
}
let failures = losses > 0 ? ", \(lost) losses of power" : ""
print("\(seeds.count) seeds held: \(sent) messages sent in \(ticks) ticks\(failures), \(Int(seconds() - start)) s")
