import Foundation
import Testing

@Suite("Clients nobody here wrote")
struct ForeignClientTests {
    @Test("The first message of the README arrives as it says")
    func firstMessage() throws {
        let broker = try Martletd()
        let readme = try String(contentsOf: Project.root.appendingPathComponent("README.md"), encoding: .utf8)
        func command(_ name: String) throws -> String {
            let line = try #require(readme.split(separator: "\n").first { $0.hasPrefix("\(name) ") }, "the README shows no \(name)")
            return "exec \(name) -p \(broker.port)" + line.dropFirst(name.count)
        }
        let subscriber = try Program("sh", ["-c", command("mosquitto_sub")])
        try broker.waitForEvent("client_connected")
        // The subscription follows the connection a moment later.
        var isThere = false
        for _ in 0..<100 where !isThere {
            try ForeignClients.expectSuccess(Program("sh", ["-c", command("mosquitto_pub")]), "mosquitto_pub")
            isThere = (try? subscriber.output.waitForLine("greetings/world Hello", within: 0.3)) != nil
        }
        #expect(isThere, "\(subscriber.output.text) \(subscriber.errors.text)")
    }

    @Test("mosquitto_pub of every version and QoS reaches mosquitto_sub", arguments: ["mqttv31", "mqttv311", "mqttv5"], [1, 3])
    func mosquitto(version: String, loops: Int) throws {
        let broker = try Martletd(loops: loops)
        let subscriber = try ForeignClients.mosquittoSubscriber(broker, ["-V", version, "-t", "from/#", "-q", "2"])
        var expected: [String] = []
        for sender in ["mqttv31", "mqttv311", "mqttv5"] {
            for qos in 0...2 {
                try ForeignClients.mosquittoPublish(broker, ["-V", sender, "-q", "\(qos)", "-t", "from/\(sender)", "-m", "with \(qos)"])
                expected.append("from/\(sender) \(qos) 0 with \(qos)")
            }
        }
        // Not in order: what comes with QoS 2 is shown when its exchange is over, and others may come meanwhile.
        #expect(try subscriber.waitForMessages(9).sorted() == expected.sorted())
    }

    @Test(
        "paho-mqtt: every QoS both ways, retained, resumed, taken over", arguments: [3, 4, 5], [1, 3])
    func paho(version: Int, loops: Int) throws {
        let broker = try Martletd(loops: loops)
        for scenario in ["qos", "retained", "resume", "takeover"] {
            try ForeignClients.expectSuccess(
                try ForeignClients.python("paho_python.py", ["\(broker.port)", "\(version)", scenario]),
                "paho-mqtt \(version) \(scenario)")
        }
    }

    @Test(
        "paho-mqtt, MQTT 5: properties, Topic Aliases, 65,535 bytes of topic and 10 MB of message",
        arguments: ["round_trip", "aliases", "large"], [1, 3])
    func paho5(scenario: String, loops: Int) throws {
        let broker = try Martletd(loops: loops)
        try ForeignClients.expectSuccess(
            try ForeignClients.python("paho_python.py", ["\(broker.port)", "5", scenario]), "paho-mqtt 5 \(scenario)")
    }

    @Test("gmqtt: every QoS both ways", arguments: [4, 5], [1, 3])
    func gmqtt(version: Int, loops: Int) throws {
        let broker = try Martletd(loops: loops)
        try ForeignClients.expectSuccess(
            try ForeignClients.python("gmqtt_python.py", ["\(broker.port)", "\(version)"]), "gmqtt \(version)")
    }

    @Test("aiomqtt: every QoS both ways", arguments: [3, 4, 5], [1, 3])
    func aiomqtt(version: Int, loops: Int) throws {
        let broker = try Martletd(loops: loops)
        try ForeignClients.expectSuccess(
            try ForeignClients.python("aiomqtt_python.py", ["\(broker.port)", "\(version)"]), "aiomqtt \(version)")
    }

    @Test("Paho C: every QoS both ways", arguments: [3, 4, 5], [1, 3])
    func pahoC(version: Int, loops: Int) throws {
        let broker = try Martletd(loops: loops)
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try ForeignClients.pahoC(["\(broker.port)", "\(version)"], in: folder)
    }

    @Test("The Will of a client that is killed is published", arguments: [1, 3])
    func will(loops: Int) throws {
        let broker = try Martletd(loops: loops)
        let subscriber = try ForeignClients.mosquittoSubscriber(broker, ["-t", "obituaries/#", "-q", "1"])
        let mortal = try ForeignClients.python("paho_python.py", ["\(broker.port)", "5", "will"])
        try mortal.output.waitForLine("ready")
        mortal.send(SIGKILL)
        let other = try ForeignClients.mosquittoSubscriber(
            broker, ["-t", "x", "--will-topic", "obituaries/mosquitto", "--will-payload", "killed", "--will-qos", "1", "-i", "mortal-sub"])
        // Its parent is the process we know, as stdbuf becomes mosquitto_sub.
        other.send(SIGKILL)
        #expect(Set(try subscriber.waitForMessages(2)) == ["obituaries/paho 1 0 killed", "obituaries/mosquitto 1 0 killed"])
    }

    @Test("mosquitto_sub finds in its session what came while it was away", arguments: [1, 3])
    func persistentSession(loops: Int) throws {
        let broker = try Martletd(loops: loops)
        let session = ["-c", "-i", "lasting", "-q", "1", "-t", "kept/#"]
        let first = try ForeignClients.mosquittoSubscriber(broker, session + ["-E"])
        #expect(try first.waitForExit() == 0)
        for i in 1...5 { try ForeignClients.mosquittoPublish(broker, ["-q", "1", "-t", "kept/\(i)", "-m", "\(i)"]) }
        let again = try ForeignClients.mosquittoSubscriber(broker, session)
        #expect(try again.waitForMessages(5) == (1...5).map { "kept/\($0) 1 0 \($0)" })
    }

    @Test("Members of a shared subscription take turns", arguments: ["mqttv311", "mqttv5"], [1, 3])
    func sharedSubscription(version: String, loops: Int) throws {
        let broker = try Martletd(loops: loops)
        let arguments = ["-V", version, "-q", "1", "-t", "$share/workers/jobs", "-C", "5"]
        let members = try (0..<2).map { _ in try ForeignClients.mosquittoSubscriber(broker, arguments) }
        for i in 0..<10 { try ForeignClients.mosquittoPublish(broker, ["-q", "1", "-t", "jobs", "-m", "\(i)"]) }
        let received = try members.flatMap { try $0.waitForMessages(5) }
        #expect(Set(received) == Set((0..<10).map { "jobs 1 0 \($0)" }))
        for member in members { #expect(try member.waitForExit() == 0) }
    }

    @Test("Properties of MQTT 5 pass from mosquitto_pub to mosquitto_sub, and its Topic Alias is understood", arguments: [1, 3])
    func properties(loops: Int) throws {
        let broker = try Martletd(loops: loops)
        let subscriber = try ForeignClients.mosquittoSubscriber(
            broker, ["-V", "mqttv5", "-t", "described", "-D", "SUBSCRIBE", "subscription-identifier", "7"], format: "> %t %C %D %R %E %F %P"
        )
        let described: [[String]] = [
            ["content-type", "text/plain"], ["correlation-data", "c-1"], ["response-topic", "answers"], ["message-expiry-interval", "100"],
            ["payload-format-indicator", "1"], ["user-property", "b", "1"], ["user-property", "a", "2"], ["topic-alias", "4"],
        ]
        try ForeignClients.mosquittoPublish(
            broker,
            ["-V", "mqttv5", "-q", "1", "-t", "described", "-m", "x", "--repeat", "2"] + described.flatMap { ["-D", "PUBLISH"] + $0 })
        let messages = try subscriber.waitForMessages(2)
        for message in messages {
            #expect(["100", "99"].map { "described text/plain c-1 answers \($0) 1 b:1 a:2" }.contains(message), "\(message)")
        }
    }

    @Test("The $SYS topics that exporters read are there", arguments: [1, 3])
    func systemTopics(loops: Int) throws {
        let broker = try Martletd(configuration: "[system_topics]\ninterval = 1\n", loops: loops)
        let names = [
            "version", "uptime", "clients/total", "clients/connected", "clients/disconnected", "clients/maximum", "clients/expired",
            "messages/received", "messages/sent", "messages/stored", "bytes/received", "bytes/sent", "publish/messages/received",
            "publish/messages/sent", "publish/messages/dropped", "publish/bytes/received", "publish/bytes/sent", "retained messages/count",
            "subscriptions/count", "store/messages/count", "store/messages/bytes", "load/messages/received/1min",
            "load/messages/sent/5min", "load/publish/received/15min", "load/publish/sent/1min", "load/bytes/received/1min",
            "load/bytes/sent/1min", "load/sockets/1min", "load/connections/1min",
        ]
        let subscriber = try ForeignClients.mosquittoSubscriber(broker, ["-t", "$SYS/#"], format: "> %t=%p")
        for name in names {
            let line = try subscriber.output.waitForLine("$SYS/broker/\(name)=")
            let value = line.split(separator: "=").last ?? ""
            if name != "version" { #expect(value.first?.isNumber == true, "\(line)") }
        }
        // Counted, not only named.
        try subscriber.output.waitForLine("$SYS/broker/clients/connected=1")
        try subscriber.output.waitForLine("$SYS/broker/subscriptions/count=1")
    }
}
