import MQTTClient
import Testing

@testable import martlet

@Suite("What options, URL and environment say together")
struct ConnectionOptionsTests {
    private func options(_ line: String, _ environment: [String: String] = [:]) throws -> ConnectionOptions {
        let arguments = try Arguments(line.split(separator: " ").map(String.init), of: .publish)
        return try ConnectionOptions(arguments, packets: ["publish"]) { environment[$0] }
    }

    @Test("Nothing said means localhost:1883, without identity, a Session for this run")
    func defaults() throws {
        let configuration = try options("").configuration
        #expect(configuration.servers == [ServerAddress(host: "localhost", port: 1883)])
        #expect(configuration.userName == nil && configuration.password == nil && configuration.will == nil)
        #expect(configuration.clientID.isEmpty && configuration.session == .thisRun && configuration.version == .v5)
    }

    @Test(
        "Options win over a URL given, that over the environment, a single variable over MARTLET_URL",
        arguments: [
            ("", "mqtt://e:f@env:7", "env:7", "e", "f"), ("-h other", "mqtt://env:7", "other:7", nil, nil),
            ("mqtt://url", "mqtt://e:f@env:7", "url:1883", nil, nil), ("mqtt://a:b@url:9 -p 8 -u c", "mqtt://env:7", "url:8", "c", "b"),
            ("-L mqtt://url:9/t -P x", "", "url:9", nil, "x"),
        ])
    func precedence(line: String, url: String, server: String, user: String?, password: String?) throws {
        let configuration = try options(line, url.isEmpty ? [:] : ["MARTLET_URL": url]).configuration
        #expect(configuration.servers[0].description == server)
        #expect(configuration.userName == user)
        #expect(configuration.password == password.map { Array($0.utf8) })
    }

    @Test("Every variable of the environment is read")
    func environment() throws {
        let variables = [
            "MARTLET_HOST": "h", "MARTLET_PORT": "5", "MARTLET_USER": "u", "MARTLET_PASSWORD": "p", "MARTLET_URL": "mqtt://x:y@z:1",
        ]
        let configuration = try options("", variables).configuration
        #expect(configuration.servers[0].description == "h:5")
        #expect(configuration.userName == "u")
        #expect(configuration.password == Array("p".utf8))
    }

    @Test("Session, Keep Alive, version and Will come from their letters")
    func rest() throws {
        let will = "--will-topic w --will-payload gone --will-qos 1 --will-retain -D will content-type t -D will will-delay-interval 9"
        let line = "-i me -c -x 60 -k 7 -d " + will
        let configuration = try options(line).configuration
        #expect(configuration.clientID == "me")
        #expect(configuration.session == .kept(seconds: 60))
        #expect(configuration.keepAlive == .seconds(7))
        let expected = Will(
            topic: "w", payload: Array("gone".utf8), qos: .atLeastOnce, retain: true, delaySeconds: 9,
            properties: MessageProperties(contentType: "t"))
        #expect(configuration.will == expected)
        #expect(try options("-V 311").configuration.version == .v3_1_1)
        #expect(try options("-i me -c").configuration.session == .kept(seconds: .max))
        #expect(try options("-I pre-").configuration.clientID.hasPrefix("pre-"))
    }

    @Test("Properties go with their packets, User Properties in their order")
    func properties() throws {
        let line =
            "-D publish content-type a -D publish correlation-data b -D publish message-expiry-interval 3 -D publish payload-format-indicator 1"
        let more = " -D publish response-topic r -D publish user-property n v -D PUBLISH user-property n w -D connect user-property c d"
        let properties = try options(line + more).properties
        let expected = MessageProperties(
            contentType: "a", isText: true, expirySeconds: 3, responseTopic: "r", correlationData: Array("b".utf8),
            userProperties: [UserProperty("n", "v"), UserProperty("n", "w")])
        #expect(properties.publish.words == expected.words)
        #expect(properties.connect == [UserProperty("c", "d")])
    }

    @Test(
        "What does not go together is a wrong command line, in words",
        arguments: [
            ("-c", "-c: expected together with -i"), ("-x 5", "-x: expected together with -c"), ("-i a -I b", "expected one of -i and -I"),
            ("--will-qos 1", "--will-qos: expected together with --will-topic"), ("-D will content-type x", "-D will: expected together"),
            ("-V 311 -D connect user-property a b", "-D: expected without -V 311"), ("-V 311 -P x", "goes with a user name"),
            ("-D publish topic-alias 3", "chosen automatically"), ("-D publish contnt-type 3", "did you mean content-type?"),
            ("-D publish message-expiry-interval soon", "expected a whole number of seconds"),
            ("-D subscribe user-property a b", "expected the packet"),
            ("-D connect receive-maximum 3", "expected user-property"), ("-L mqtt://a mqtt://b", "expected one URL"),
            ("mqtts://host", "mqtts://"), ("-L mqtt://host:x", "a port"),
        ])
    func conflicts(line: String, words: String) {
        #expect {
            try options(line)
        } throws: { error in
            guard let failure = error as? Failure else { return false }
            return failure.status == .wrongUsage && failure.message?.contains(words) == true
        }
        #expect(throws: Failure(.wrongUsage, "MARTLET_PORT=no: expected a whole number from 1 to 65535")) {
            try options("", ["MARTLET_PORT": "no"])
        }
    }
}
