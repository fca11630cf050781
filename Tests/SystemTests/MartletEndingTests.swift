import Foundation
import Testing
import Transport

@Suite("martlet: how it ends")
struct MartletEndingTests {
    @Test(
        "A wrong command line ends with 2 and says what was expected",
        arguments: [
            (["pub", "-t", "x"], "expected one of -m"), (["pub", "-m", "x"], "expected a topic"), (["pub", "-t", "a/#", "-m", "x"], "a/#"),
            (["sub", "-t", "a/#/b"], "a/#/b"), (["sub", "--stat"], "--stats"), (["sub", "-t", "x", "-F", "%Z"], "%Z"),
            (["pub", "mqtts://host/x", "-m", "x"], "mqtt://"), (["respond", "-t", "x"], "--exec"), (["requst"], "request"),
        ])
    func usage(arguments: [String], words: String) throws {
        let broker = try Martletd()
        let program = try Program(Martlet.path, arguments + (arguments.count > 1 ? ["-p", "\(broker.port)", "-h", "127.0.0.1"] : []))
        #expect(try program.waitForExit() == 2)
        #expect(program.errors.text.hasPrefix("martlet: ") && program.errors.text.contains(words), "\(program.errors.text)")
    }

    @Test("--help and --version end with 0; the version is the broker's")
    func answers() throws {
        for arguments in [["--help"], ["sub", "--help"], ["--version"]] {
            let program = try Program(Martlet.path, arguments)
            #expect(try program.waitForExit() == 0)
            #expect(program.output.text.hasPrefix("martlet"))
        }
        let ours = try Program(Martlet.path, ["--version"])
        let theirs = try Program(Martletd.path, ["--version"])
        try ours.waitForExit()
        try theirs.waitForExit()
        #expect("martletd" + ours.output.text.dropFirst("martlet".count) == theirs.output.text)
    }

    @Test("What the broker refuses ends with 3: the connection, a message, saying which, and a subscription")
    func refused() throws {
        let closed = try Mosquitto(anonymous: false)
        for command in [["pub", "-t", "x", "-m", "x"], ["sub", "-t", "x"], ["ping"], ["request", "x", "-n"]] {
            let result = try Martlet.run(closed.port, command)
            #expect(result.status == 3 && result.errors.contains("refused"), "\(command): \(result)")
        }
        let restricted = try Mosquitto(access: "topic readwrite ok/#\n")
        let result = try Martlet.shell(restricted.port, "printf 'a\\nb\\n' | $martlet pub -t no/x -l -q 1")
        #expect(result.status == 3 && result.errors.contains("line 1 to no/x"), "\(result)")
        // Also while standard input stays open, without another line.
        let open = "f=$(mktemp -u); mkfifo $f; exec 3<>$f; echo a >&3; $martlet pub -t no/x -l -q 1 <$f; s=$?; rm $f; exit $s"
        let waiting = try Martlet.shell(restricted.port, open)
        #expect(waiting.status == 3 && waiting.errors.contains("line 1 to no/x"), "\(waiting)")
        #expect(try Martlet.run(restricted.port, ["pub", "-t", "ok/x", "-m", "x", "-q", "1"]).status == 0)
        let small = try Martletd(configuration: "[limits]\npacket_bytes = 1024\n")
        for qos in ["0", "1"] {
            let large = try Martlet.run(small.port, ["pub", "-t", "x", "-m", String(repeating: "m", count: 2_000), "-q", qos])
            #expect(large.status == 3 && large.errors.contains("the broker takes 1024 at most"), "\(large)")
        }
        let plain = try Martletd(configuration: "[[listener]]\nwildcard_subscription_available = false\n")
        let subscription = try Martlet.run(plain.port, ["sub", "-t", "a/#", "-V", "311"])
        #expect(subscription.status == 3, "\(subscription)")
    }

    @Test("What is not answered in time ends with 4")
    func timedOut() throws {
        let broker = try Martletd()
        let message = try Martlet.run(broker.port, ["sub", "-t", "x", "-C", "2", "-W", "2"])
        #expect(message.status == 4 && message.errors.contains("0 of 2 messages"), "\(message)")
        let request = try Martlet.run(broker.port, ["request", "nobody", "-n", "-W", "2"])
        #expect(request.status == 4 && request.errors.contains("no answer from nobody"), "\(request)")
        #expect(try Martlet.run(broker.port, ["sub", "-t", "x", "-W", "2"]).status == 0)
    }

    @Test(
        "A server that accepts and says nothing is waited for as long as -W says",
        arguments: [["ping"], ["sub", "-t", "x"], ["request", "x", "-n"]])
    func silent(command: [String]) throws {
        let server = try Listener(on: try #require(SocketAddress("127.0.0.1", port: 0)))
        let program = try Martlet.start(server.localAddress.port, command + ["-W", "0.2"])
        #expect(try program.waitForExit(within: 5) == 4)
        #expect(program.errors.text.contains("no connection to 127.0.0.1:"), "\(program.errors.text)")
    }

    @Test(
        "Nor is a server waited for longer that answers CONNECT, and nothing else",
        arguments: [
            (["sub", "-t", "x"], "not subscribed in 2.0 s"), (["sub", "-t", "x", "-C", "1"], "not subscribed in 2.0 s"),
            (["sub", "-t", "x", "-E"], "not subscribed in 2.0 s"), (["request", "x", "-n", "-q", "1"], "no answer from x in 2.0 s"),
        ])
    func silentAfterConnack(command: [String], complaint: String) throws {
        let server = try Listener(on: try #require(SocketAddress("127.0.0.1", port: 0)))
        let program = try Martlet.start(server.localAddress.port, command + ["-W", "2"])
        var waiting = pollfd(fd: server.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&waiting, 1, Int32(patience * 1_000)) == 1)
        guard case .connection(let descriptor, _) = server.accept() else { return _ = Issue.record("nobody connects") }
        defer { Socket.close(descriptor) }
        let connack: [UInt8] = [0x20, 3, 0, 0, 0]
        #expect(connack.withUnsafeBytes { Socket.send(descriptor, $0) } == connack.count)
        #expect(try program.waitForExit() == 4)
        #expect(program.errors.text.contains(complaint), "\(program.errors.text)")
    }

    @Test("A broker that cannot be reached ends with 5, at once")
    func unreachable() throws {
        let broker = try Mosquitto()
        try broker.kill()
        for command in [
            ["pub", "-t", "x", "-m", "x"], ["sub", "-t", "x"], ["ping"], ["request", "x", "-n"], ["respond", "-t", "x", "--echo"],
        ] {
            let result = try Martlet.run(broker.port, command)
            #expect(result.status == 5 && result.errors.contains("127.0.0.1:\(broker.port)"), "\(command): \(result)")
        }
        let quiet = try Martlet.run(broker.port, ["ping", "--quiet"])
        #expect(quiet.status == 5 && quiet.errors.isEmpty, "\(quiet)")
    }

    @Test("A broker that goes for good while messages are under way ends pub with 5")
    func lost() throws {
        let broker = try Mosquitto()
        let publisher = try Martlet.start(
            broker.port, ["pub", "-t", "x", "-m", "x", "-q", "1", "--repeat", "1000000", "--rate", "100", "--debug"])
        try publisher.errors.waitForLine("connected to")
        try broker.kill()
        #expect(try publisher.waitForExit() == 5)
        #expect(publisher.errors.text.contains("trying again"))
    }

    @Test("sub survives a broker that is started anew, and says so")
    func restarted() throws {
        let broker = try Mosquitto()
        let subscriber = try Martlet.subscriber(broker.port, ["-t", "x", "-q", "1"])
        try broker.kill()
        try subscriber.errors.waitForLine("trying again")
        try broker.startAgain()
        try subscriber.errors.waitForLine("connected again")
        // Its subscription follows the connection a moment later.
        var isThere = false
        for _ in 0..<100 where !isThere {
            #expect(try Martlet.run(broker.port, ["pub", "-t", "x", "-m", "after", "-q", "1"]).status == 0)
            isThere = (try? subscriber.output.waitForLine("after", within: 0.3)) != nil
        }
        #expect(isThere)
    }

    @Test("Ctrl-C and SIGTERM end sub with 0 and pub with 130, and the broker is told goodbye", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) throws {
        let broker = try Martletd(["--log-level", "debug"])
        let watcher = try Martlet.subscriber(broker.port, ["-t", "wills/#", "-v"])
        let will = ["--will-topic", "wills/x", "--will-payload", "gone"]
        let subscriber = try Martlet.subscriber(broker.port, ["-t", "x"] + will)
        subscriber.send(signal)
        #expect(try subscriber.waitForExit(within: 5) == 0)
        let publisher = try Martlet.start(
            broker.port, ["pub", "-t", "x", "-m", "x", "--repeat", "1000000", "--rate", "10", "--debug"] + will)
        try publisher.errors.waitForLine("connected to")
        publisher.send(signal)
        #expect(try publisher.waitForExit(within: 5) == 130)
        // A Will would have come before this one.
        #expect(try Martlet.run(broker.port, ["pub", "-t", "wills/end", "-m", "end", "-q", "1"]).status == 0)
        try watcher.output.waitForLine("wills/end")
        #expect(watcher.output.lines == ["wills/end end"])
    }

    @Test("When nobody reads its output any more, it ends quietly with 0")
    func closedOutput() throws {
        let broker = try Martletd()
        let line = """
            ($martlet pub -t x -m y --repeat 1000 --rate 200 &) ; $martlet sub -t x | head -1; exit ${PIPESTATUS[0]}
            """
        let result = try Martlet.shell(broker.port, line)
        #expect(result.status == 0 && result.output == "y\n" && result.errors.isEmpty, "\(result)")
    }
}
