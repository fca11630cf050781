import BrokerCore
import Testing

@testable import Broker

@Suite struct EffectiveConfigurationTests {
    @Test("Without a file and flags there is one anonymous listener on 127.0.0.1:1883")
    func defaults() throws {
        let configuration = try read("").configuration
        #expect(configuration == BrokerConfiguration())
        #expect(configuration.listeners.map(\.name) == ["127.0.0.1:1883"])
        #expect(configuration.listeners.map(\.options.anonymous) == [true])
        #expect(!configuration.persistence.isOn)
    }

    @Test("Sizes and times may be numbers or texts")
    func quantities() throws {
        let texts = try read("[limits]\npacket_bytes = \"64MiB\"\nsession_expiry_seconds = \"7d\"").configuration.options.limits
        let numbers = try read("[limits]\npacket_bytes = 67108864\nsession_expiry_seconds = 604800").configuration.options.limits
        #expect(texts == numbers)
        #expect(texts.packetBytes == 67_108_864)
    }

    @Test("The command line wins over the file, the file over the default, and each value knows its origin")
    func precedence() throws {
        let text = "loops = 2\n[log]\nlevel = \"info\"\n[[listener]]\nport = 2000\nname = \"door\"\n"
        let effective = try read(
            text, .init(flag: "--port", key: "listener.port", value: "3000"), .init(flag: "--loops", key: "loops", value: "4"))
        #expect(effective.configuration.loops == 4)
        #expect(effective.configuration.log.level == .info)
        #expect(effective.configuration.listeners[0].port == 3000)
        #expect(effective.configuration.listeners[0].name == "door")
        #expect(effective.origin(of: "loops") == .commandLine(flag: "--loops"))
        #expect(effective.origin(of: "log.level") == .file(path: "test.toml", line: 3, column: 1))
        #expect(effective.origin(of: "listener[0].port") == .commandLine(flag: "--port"))
        #expect(effective.origin(of: "listener[0].address") == .default)
    }

    @Test(
        "Only loopback addresses are open to anonymous clients unless the file says so",
        arguments: [
            ("127.0.0.1", true), ("127.8.9.1", true), ("localhost", true), ("::1", true), ("::ffff:127.0.0.1", true),
            ("0.0.0.0", false), ("::", false), ("192.168.1.1", false), ("fe80::1", false),
        ])
    func anonymous(address: String, isOpen: Bool) throws {
        let silent = try read("[[listener]]\naddress = \"\(address)\"").configuration.listeners[0]
        #expect(silent.options.anonymous == isOpen)
        for said in [true, false] {
            let told = try read("[[listener]]\nanonymous = \(said)\naddress = \"\(address)\"").configuration.listeners[0]
            #expect(told.options.anonymous == said)
        }
    }

    @Test("--bind alone closes a listener to anonymous clients, --anonymous opens it")
    func bind() throws {
        let bind = ConfigurationOverride(flag: "--bind", key: "listener.address", value: "0.0.0.0")
        let anonymous = ConfigurationOverride(flag: "--anonymous", key: "listener.anonymous", value: "true")
        #expect(try read("", bind).configuration.listeners[0].options.anonymous == false)
        #expect(try read("", bind, anonymous).configuration.listeners[0].options.anonymous)
        #expect(try read("", anonymous, bind).configuration.listeners[0].options.anonymous)
    }

    @Test(
        "An unknown key is named with the nearest known one",
        arguments: [
            ("loop = 1", "loop", "loops"), ("[limits]\nconections = 1", "limits.conections", "limits.connections"),
            ("[limit]\nconnections = 1", "limit", "limits"), ("packet_bytes = 1", "packet_bytes", "limits.packet_bytes"),
            ("[limits]\nPacket-Bytes = 1", "limits.Packet-Bytes", "limits.packet_bytes"),
            ("[[listener]]\nanonymos = true", "listener[0].anonymos", "listener.anonymous"),
            ("[[listeners]]\nport = 1", "listeners", "listener"),
            ("allow_anonymous = true", "allow_anonymous", "listener.anonymous"), ("[zzzzzz]\nq = 1", "zzzzzz", nil),
        ])
    func unknownKeys(text: String, key: String, nearest: String?) {
        let problems = problems(in: text)
        #expect(problems.map(\.kind) == [.unknownKey])
        #expect(problems.map(\.key) == [key])
        #expect(problems.map(\.nearest) == [nearest])
    }

    @Test(
        "A wrong type or an impossible value is refused with what was expected",
        arguments: [
            "loops = \"2\"", "loops = 0", "loops = 1.5", "loops = 65", "placement_seed = -1", "limits = 3", "log = [1]", "listener = 1",
            "listener = []",
            "listener = [1]", "[limits]\npacket_bytes = \"64Mib\"", "[limits]\npacket_bytes = \"\"",
            "[limits]\npacket_bytes = 268435461", "[limits]\nconnect_timeout_seconds = \"5 weeks\"",
            "[limits]\nkeep_alive_seconds = -1", "[limits]\nreceive_maximum = 65536", "[log]\nlevel = 3", "[log]\nformat = \"xml\"",
            "[[listener]]\nport = 65536", "[[listener]]\naddress = \"example.com\"", "[[listener]]\naddress = \"1.2.3\"",
            "[[listener]]\nanonymous = 1", "[[listener]]\nversions = []", "[[listener]]\nversions = [\"5.0\", \"5.0\"]",
            "[[listener]]\nversions = [5]", "[[listener]]\nversions = \"5.0\"", "[[listener]]\nmaximum_qos = 3",
            "[[listener]]\nslow_consumer = \"wait\"", "[[listener]]\nname = \"a\\nb\"", "response_information = 1979-05-27",
            "[limits]\nqueued_bytes = \"99999999999999999999TiB\"", "[limits]\nqueued_bytes = \"9000000TiB\"",
        ])
    func wrongValues(text: String) {
        let problems = problems(in: text)
        #expect(problems.count == 1)
        for problem in problems {
            guard case .wrongValue(let expected, let found) = problem.kind else {
                Issue.record("\(problem)")
                continue
            }
            #expect(!expected.isEmpty && !found.isEmpty)
        }
    }

    @Test("A message holds file, line, column, key, what was expected, what was found and what may be meant")
    func messages() {
        let lines = problems(in: "\n  loop = 2\n[log]\nlevel = \"warnin\"\n[[limits]]\n").map(\.description)
        #expect(
            lines == [
                "test.toml:2:3: loop: unknown key; did you mean \"loops\"?",
                "test.toml:4:9: log.level: expected one of \"error\", \"warning\", \"notice\", \"info\", \"debug\", "
                    + "found the text \"warnin\"; did you mean \"warning\"?",
                "test.toml:5:1: limits: expected a table, found a list of 1 elements",
            ])
    }

    @Test(
        "The hint for an unknown key writes the nearest one as a file does, or says where all of them are",
        arguments: [
            ("port = 1", "did you mean \"port\", under [[listener]]?"),
            ("packet_bytes = 1", "did you mean \"packet_bytes\", under [limits]?"),
            ("[[listener]]\nanonymos = true", "did you mean \"anonymous\", under [[listener]]?"),
            ("[limit]\nconnections = 1", "did you mean [limits]?"), ("[[listeners]]\nport = 1", "did you mean [[listener]]?"),
            ("zzzzzz = 1", "martletd --print-config without a file lists every key"),
        ])
    func hints(text: String, hint: String) {
        #expect(problems(in: text).map { $0.description.split(separator: "unknown key; ").last } == [hint[...]])
    }

    @Test("One pair of brackets around listener is refused with the words that are right")
    func singleBrackets() {
        let lines = problems(in: "[listener]\nport = 1\n").map(\.description)
        #expect(
            lines == ["test.toml:1:1: listener: expected a list of tables, found one table; write [[listener]], with two brackets"])
    }

    @Test("All problems are told at once, in the order of the file, the command line last")
    func severalProblems() {
        let text = "[limits]\nzebra = 1\nconnections = 0\n[[listener]]\nport = 1\n[[listener]]\nport = -1\n"
        let problems = problems(in: text, ConfigurationOverride(flag: "--loops", key: "loops", value: "many"))
        #expect(problems.map(\.key) == ["limits.zebra", "limits.connections", "listener[1].port", nil])
        #expect(problems.last?.origin == .commandLine(flag: "--loops"))
    }

    @Test("Two listeners with one address and port are refused, however the address is written")
    func duplicateListener() {
        let text = "[[listener]]\naddress = \"::1\"\n\n[[listener]]\naddress = \"0:0::1\"\n"
        let problems = problems(in: text)
        #expect(problems.map(\.kind) == [.duplicateListener(of: "listener[0]")])
        #expect(problems.map(\.origin) == [.file(path: "test.toml", line: 4, column: 1)])
        #expect(self.problems(in: "[[listener]]\nport = 0\n[[listener]]\nport = 0\n").isEmpty)
    }

    @Test("Flags for the only listener are refused when the file has several")
    func severalListeners() {
        let text = "[[listener]]\nport = 1\n[[listener]]\nport = 2\n"
        let problems = problems(in: text, ConfigurationOverride(flag: "--port", key: "listener.port", value: "3"))
        #expect(problems.map(\.kind) == [.severalListeners])
    }

    @Test("Text that is no TOML is refused with its position", arguments: ["a = = 1", "[limits", "loops = 1\nloops = 2", "a = \"\u{1}\""])
    func syntax(text: String) {
        let problems = problems(in: text)
        #expect(problems.count == 1)
        for problem in problems {
            guard case .syntax(let message) = problem.kind, case .file(_, let line, let column) = problem.origin else {
                Issue.record("\(problem)")
                continue
            }
            #expect(!message.isEmpty && line >= 1 && column >= 1)
        }
        #expect(!self.problems(in: [0xFF, 0xFE, 0x00]).isEmpty)
    }

    @Test("A file that is not there is refused with the system's words")
    func missingFile() {
        let error = #expect(throws: ConfigurationError.self) { try EffectiveConfiguration(file: "/nonexistent/martletd.toml") }
        #expect(error?.description == "/nonexistent/martletd.toml: cannot be read: No such file or directory")
    }

    @Test("Names from the file cannot write to the terminal")
    func escapedKeys() {
        let lines = problems(in: "\"a\\u001b[31m\" = 1").map(\.description)
        #expect(lines == ["test.toml:1:1: \"a\\u001b[31m\": unknown key; martletd --print-config without a file lists every key"])
    }

    private func read(_ text: String, _ overrides: ConfigurationOverride...) throws -> EffectiveConfiguration {
        try EffectiveConfiguration(text: Array(text.utf8), path: "test.toml", overrides: overrides)
    }

    private func problems(in text: String, _ overrides: ConfigurationOverride...) -> [ConfigurationProblem] {
        problems(in: Array(text.utf8), overrides)
    }

    private func problems(in text: [UInt8], _ overrides: [ConfigurationOverride] = []) -> [ConfigurationProblem] {
        do {
            _ = try EffectiveConfiguration(text: text, path: "test.toml", overrides: overrides)
            return []
        } catch {
            return error.problems
        }
    }
}
