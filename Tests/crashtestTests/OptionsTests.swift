import Testing

@testable import crashtest

@Suite("The command line of the crash test")
struct OptionsTests {
    @Test("Flags are read, and the command that runs the same again says them")
    func read() throws {
        let options = try Options(["--martletd", "x", "--seed", "7", "--minutes", "2", "--loops", "3"])
        #expect(options.seed == 7)
        #expect(options.length == .minutes(2))
        #expect(options.loops == .fixed(3))
        #expect(try Options(options.command.split(separator: " ").dropFirst().map(String.init)) == options)
        for flag in ["--no-data", "--cut"] {
            let other = try Options(["--martletd", "x", flag])
            #expect(!other.keepsData)
            #expect(try Options(other.command.split(separator: " ").dropFirst().map(String.init)) == other)
        }
        #expect(try Options(["--help"]).wantsHelp)
    }

    @Test("What makes no sense is refused", arguments: [["--kills"], ["--kills", "-1"], ["--loops", "0"], ["--what"], ["--seed", "1"]])
    func refused(arguments: [String]) {
        #expect(throws: Options.Problem.self) { try Options(arguments) }
    }
}
