import Foundation
import Testing

/// One of the two brokers everything is tested against.
enum EitherBroker: String, CaseIterable {
    case martletd
    case mosquitto

    /// Runs `body` with the port of a fresh one.
    func run(_ body: (UInt16) throws -> Void) throws {
        switch self {
        case .martletd:
            let broker = try Martletd()
            try withExtendedLifetime(broker) { try body(broker.port) }
        case .mosquitto:
            let broker = try Mosquitto()
            try withExtendedLifetime(broker) { try body(broker.port) }
        }
    }
}

@Suite("martlet: messages")
struct MartletCommandTests {
    private func objects(_ text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
    }

    @Test("Every way of giving a payload arrives, and every way of naming broker and topic", arguments: EitherBroker.allCases)
    func payloads(kind: EitherBroker) throws {
        try kind.run { port in
            let subscriber = try Martlet.subscriber(port, ["-t", "in/#", "-q", "2", "--json", "-C", "10"])
            for line in [
                "$martlet pub -t in/1 -m text", "printf 'from file' >$0.in; $martlet pub --topic in/2 -f $0.in -q 1; rm $0.in",
                "printf 'whole\\ninput\\n' | $martlet pub -t in/3 -s -q 2", "printf 'a\\nb' | $martlet pub -t in/4 -l -q 1",
                "$martlet pub in/5 -n -q 1", "env -u MARTLET_PORT $martlet pub mqtt://127.0.0.1:$MARTLET_PORT/in/6 -m url",
                "MARTLET_URL=mqtt://127.0.0.1:$MARTLET_PORT env -u MARTLET_PORT -u MARTLET_HOST $martlet pub -t in/7 -m environment -V 311",
                "$martlet pub -t in/8 -m again --repeat 2 --repeat-delay 0.01",
            ] {
                let result = try Martlet.shell(port, "set -- \"$(mktemp)\"; " + line.replacingOccurrences(of: "$0", with: "$1"))
                #expect(result.status == 0 && result.errors.isEmpty, "\(line): \(result)")
            }
            #expect(try subscriber.waitForExit() == 0)
            // QoS 2 takes longer than 0: the order of one command does not bind another.
            let got = try objects(subscriber.output.text).map { "\($0["topic"] ?? "") \($0["qos"] ?? "") \($0["payload"] ?? "")" }
            #expect(
                got.sorted() == [
                    "in/1 0 text", "in/2 1 from file", "in/3 2 whole\ninput\n", "in/4 1 a", "in/4 1 b", "in/5 1 ", "in/6 0 url",
                    "in/7 0 environment", "in/8 0 again", "in/8 0 again",
                ])
        }
    }

    @Test("Properties, QoS and retention arrive as they were given", arguments: EitherBroker.allCases)
    func properties(kind: EitherBroker) throws {
        try kind.run { port in
            let properties = [
                "content-type application/json", "correlation-data cd", "payload-format-indicator 1", "response-topic r/t",
                "user-property a 1",
                "user-property a 2",
            ].flatMap { ["-D", "publish"] + $0.split(separator: " ").map(String.init) }
            #expect(try Martlet.run(port, ["pub", "-t", "p/1", "-m", "{}", "-q", "1", "-r"] + properties).status == 0)
            let result = try Martlet.run(port, ["sub", "-t", "p/#", "-q", "1", "--json", "-C", "1", "-W", "20"])
            let object = try #require(try objects(result.output).first)
            #expect(object["retain"] as? Bool == true && object["qos"] as? Int == 1 && object["duplicate"] as? Bool == false)
            let got = try #require(object["properties"] as? [String: Any])
            #expect(got["content-type"] as? String == "application/json" && got["correlation-data"] as? String == "cd")
            #expect(got["payload-format-indicator"] as? Int == 1 && got["response-topic"] as? String == "r/t")
            #expect(got["user-property"] as? [[String: String]] == [["name": "a", "value": "1"], ["name": "a", "value": "2"]])
            // Cleared, there is nothing to wait for.
            #expect(try Martlet.run(port, ["pub", "-t", "p/1", "-n", "-r", "-q", "1"]).status == 0)
            #expect(try Martlet.run(port, ["sub", "-t", "p/#", "-C", "1", "-W", "0.3"]).status == 4)
        }
    }

    @Test(
        "mosquitto_pub and martlet sub, martlet pub and mosquitto_sub understand each other, and write the same", arguments: ["311", "5"])
    func mosquittoClients(version: String) throws {
        let broker = try Martletd()
        let format = "%t|%q|%r|%l|%p|%x|%X|%C|%D|%E|%F|%P|%R|%10t|%-5t|%.3t|%06l|%%"
        let theirs = try ForeignClients.mosquittoSubscriber(broker, ["-V", version, "-t", "x/#", "-q", "1"], format: "> " + format)
        let ours = try Martlet.subscriber(broker.port, ["-V", version, "-t", "x/#", "-q", "1", "-F", "> " + format])
        let properties =
            version == "311"
            ? []
            : ["-D", "publish", "content-type", "t", "-D", "publish", "correlation-data", "c", "-D", "publish", "user-property", "k", "v"]
        for arguments in [["-t", "x/1", "-m", "hi \"x\"", "-q", "1"], ["-t", "x/2", "-m", "é", "-r"], ["-t", "x/3", "-n", "-q", "1"]] {
            try ForeignClients.mosquittoPublish(broker, arguments + ["-V", version] + properties)
            #expect(try Martlet.run(broker.port, ["pub", "-V", version] + arguments + properties).status == 0)
        }
        let expected = try theirs.waitForMessages(6)
        #expect(try ours.waitForMessages(6).sorted() == expected.sorted())
        #expect(expected.contains { $0.contains("hi \"x\"") })
    }

    @Test("Ten thousand lines keep their order at every QoS", arguments: EitherBroker.allCases, [0, 1, 2])
    func order(kind: EitherBroker, qos: Int) throws {
        try kind.run { port in
            let subscriber = try Martlet.subscriber(port, ["-t", "lines", "-q", "\(qos)", "-C", "10000"])
            // QoS 0 is not held back by a broker that has enough: sent no faster than one takes them.
            let rate = qos == 0 ? "--rate 10000" : ""
            let result = try Martlet.shell(port, "seq 1 10000 | $martlet pub -t lines -l -q \(qos) \(rate)")
            #expect(result.status == 0, "\(result.errors)")
            #expect(try subscriber.waitForExit() == 0)
            #expect(subscriber.output.lines == (1...10_000).map(String.init))
        }
    }

    @Test("A request is answered by a command, a constant and an echo", arguments: EitherBroker.allCases)
    func requests(kind: EitherBroker) throws {
        try kind.run { port in
            for (answer, expected) in [
                (["--exec", "tr a-z A-Z; printf ' %s' \"$MARTLET_TOPIC\""], "ASK ask/1"), (["-m", "constant"], "constant"),
                (["--echo"], "ask"),
            ] {
                let responder = try Martlet.start(port, ["respond", "-t", "ask/+", "-q", "1", "--debug"] + answer)
                try responder.errors.waitForLine("connected to")
                // Its subscription follows the connection a moment later.
                var response = try Martlet.run(port, ["request", "ask/1", "-m", "ask", "-q", "1", "-W", "0.5"])
                for _ in 0..<40 where response.status == 4 {
                    response = try Martlet.run(port, ["request", "ask/1", "-m", "ask", "-q", "1", "-W", "0.5"])
                }
                #expect(response.status == 0 && response.output == expected + "\n", "\(response)")
                responder.send(SIGINT)
                #expect(try responder.waitForExit() == 0)
            }
        }
    }

    @Test(
        "A Session that is kept holds what comes meanwhile, and each message is written once", arguments: EitherBroker.allCases,
        ["5", "311"])
    func session(kind: EitherBroker, version: String) throws {
        try kind.run { port throws in
            let session = ["-c", "-i", "kept", "-V", version, "-q", "1"]
            #expect(try Martlet.run(port, ["sub", "-t", "s/#", "-E"] + session).status == 0)
            for number in 1...4 { #expect(try Martlet.run(port, ["pub", "-t", "s/x", "-m", "\(number)", "-q", "1"]).status == 0) }
            #expect(try Martlet.run(port, ["sub", "-t", "s/#", "-C", "2"] + session).output == "1\n2\n")
            // Also what an earlier run has subscribed to.
            #expect(try Martlet.run(port, ["sub", "-t", "other", "-C", "2", "-W", "20"] + session).output == "3\n4\n")
            #expect(try Martlet.run(port, ["sub", "-U", "s/#"] + session).status == 0)
            #expect(try Martlet.run(port, ["pub", "-t", "s/x", "-m", "5", "-q", "1"]).status == 0)
            #expect(try Martlet.run(port, ["sub", "-t", "other", "-C", "1", "-W", "0.3"] + session).status == 4)
        }
    }

    @Test("Of thousands of messages that a kept Session has collected, none is lost", arguments: ["5", "311"])
    func collected(version: String) throws {
        let broker = try Martletd()
        let session = ["-c", "-i", "collector", "-V", version, "-q", "1"]
        #expect(try Martlet.run(broker.port, ["sub", "-t", "c", "-E"] + session).status == 0)
        #expect(try Martlet.shell(broker.port, "seq 3000 | $martlet pub -t c -q 1 -l").status == 0)
        let result = try Martlet.run(broker.port, ["sub", "-t", "c", "-C", "3000"] + session)
        #expect(result.output == (1...3_000).map { "\($0)\n" }.joined())
    }

    @Test("--stats counts topic by topic, as JSON in a pipe")
    func statistics() throws {
        let broker = try Martletd()
        let subscriber = try Martlet.subscriber(broker.port, ["-t", "st/#", "--stats", "--json", "-C", "30", "-q", "1"])
        #expect(try Martlet.run(broker.port, ["pub", "-t", "st/a", "-m", "abc", "-q", "1", "--repeat", "20"]).status == 0)
        #expect(try Martlet.run(broker.port, ["pub", "-t", "st/b", "-m", "abc", "-q", "1", "--repeat", "10"]).status == 0)
        #expect(try subscriber.waitForExit() == 0)
        var last: [String: Int] = [:]
        for object in try objects(subscriber.output.text) {
            last[object["topic"] as? String ?? ""] = object["messages"] as? Int
            #expect((object["rate"] as? Double ?? 0) > 0 && object["last"] as? String == "abc")
        }
        #expect(last == ["st/a": 20, "st/b": 10])
    }

    @Test("ping counts its round trips", arguments: EitherBroker.allCases)
    func ping(kind: EitherBroker) throws {
        try kind.run { port in
            let text = try Martlet.run(port, ["ping", "-C", "3", "--interval", "0.01"])
            #expect(text.status == 0 && text.output.contains("3 sent, 3 answered; min/avg/max "))
            let json = try objects(try Martlet.run(port, ["ping", "-C", "2", "--interval", "0.01", "--json"]).output)
            #expect(json.count == 3 && json.last?["answered"] as? Int == 2)
        }
    }
}
