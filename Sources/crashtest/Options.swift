/// What the command line asks for.
struct Options: Equatable {
    /// When the run has lasted long enough.
    enum Length: Equatable { case kills(Int), minutes(Int) }

    enum Loops: Equatable {
        case fixed(Int)
        /// Another number at each start.
        case vary
    }

    struct Problem: Error, Equatable { let text: String }

    var martletd = ""
    var seed: UInt64 = 1
    var length = Length.kills(100)
    var loops = Loops.vary
    var keepsData = true
    /// The broker lives on, only all connections break.
    var onlyCuts = false
    var wantsHelp = false

    init(_ arguments: some Sequence<String>) throws(Problem) {
        var rest = Array(arguments)[...]
        while let flag = rest.popFirst() {
            switch flag {
            case "--help", "-h": wantsHelp = true
            case "--no-data": keepsData = false
            case "--cut": (onlyCuts, keepsData) = (true, false)
            case "--martletd": martletd = try Self.value(of: flag, in: &rest)
            case "--seed": seed = UInt64(try Self.number(of: flag, from: 0, in: &rest))
            case "--kills": length = .kills(try Self.number(of: flag, from: 0, in: &rest))
            case "--minutes": length = .minutes(try Self.number(of: flag, from: 1, in: &rest))
            case "--loops" where rest.first == "vary":
                rest.removeFirst()
                loops = .vary
            case "--loops": loops = .fixed(try Self.number(of: flag, from: 1, in: &rest))
            default: throw Problem(text: "unknown argument \(flag)")
            }
        }
        if martletd.isEmpty, !wantsHelp { throw Problem(text: "--martletd PATH is needed: the broker to kill") }
    }

    private static func value(of flag: String, in rest: inout ArraySlice<String>) throws(Problem) -> String {
        guard let value = rest.popFirst() else { throw Problem(text: "\(flag) needs a value") }
        return value
    }

    private static func number(of flag: String, from least: Int, in rest: inout ArraySlice<String>) throws(Problem) -> Int {
        guard let number = Int(try value(of: flag, in: &rest)), number >= least else {
            throw Problem(text: "\(flag) needs a number from \(least)")
        }
        return number
    }

    /// The command that runs the same again.
    var command: String {
        var words = ["crashtest", "--martletd", martletd, "--seed", "\(seed)"]
        switch length {
        case .kills(let count): words += ["--kills", "\(count)"]
        case .minutes(let count): words += ["--minutes", "\(count)"]
        }
        switch loops {
        case .fixed(let count): words += ["--loops", "\(count)"]
        case .vary: words += ["--loops", "vary"]
        }
        if !keepsData { words.append(onlyCuts ? "--cut" : "--no-data") }
        return words.joined(separator: " ")
    }

    static let usage = """
        usage: crashtest --martletd PATH [--seed N] [--kills N | --minutes N] [--loops N|vary] [--no-data | --cut]

        Kills a broker with SIGKILL at random instants and starts it again on the same data, while clients publish, subscribe, leave
        and come back. What the broker has acknowledged must still be true afterwards.

          --martletd PATH  the broker; it is started with --port 0, --loops and --data, a folder of its own
          --seed N         of every random choice: who does what, and when the broker is killed; without it 1
          --kills N        ends after so many kills; without it 100; 0: a few seconds of the same traffic, and nobody is killed
          --minutes N      ends after so many minutes
          --loops N        event loops of the broker; vary, as without it: 1, 2 or 3, another number at each start
          --no-data        without --data: whoever is killed then must be found to lose something
          --cut            nobody is killed, only all connections break at once: what fails then has nothing to do with the disk
          --help           this text

        Examples:
          crashtest --martletd .build/release/martletd --kills 300
          crashtest --martletd .build/release/martletd --minutes 60 --seed 7 --loops 2
          crashtest --martletd .build/debug/martletd --kills 1 --no-data     shows what a failure looks like

        Exit status: 0 everything held, 1 it did not, or the broker did not run, 2 the arguments make no sense.
        After a failure data, log and what each client has sent and read last are kept. The broker's threads run as they
        like, so the same seed need not fail at the same place; it kills at the same instants.
        """
}
