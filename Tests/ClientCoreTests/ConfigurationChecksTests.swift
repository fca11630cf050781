import MQTTCodec
import Testing

@testable import ClientCore

@Suite("What MQTT cannot carry")
struct ConfigurationChecksTests {
    private func problem(version: ClientVersion = .v5, _ change: (inout ClientConfiguration) -> Void) -> MQTTClientError? {
        var configuration = ClientConfiguration(host: "broker", clientID: "c")
        configuration.version = version
        change(&configuration)
        return configuration.problem
    }

    @Test("The defaults are in order", arguments: ClientVersion.allCases)
    func defaults(version: ClientVersion) { #expect(problem(version: version) { _ in } == nil) }

    @Test("Each value is checked before it is sent [MQTT-1.5.4-2] [MQTT-4.7.3-3 of 3.1.1] [MQTT-1.5.3-2 of 3.1.1] [MQTT-4.7.3-2 of 3.1.1]")
    func values() {
        let long = String(repeating: "x", count: 65_536)
        let authentication = EnhancedAuthentication(method: "a\0", firstData: { nil }, answer: { _ in nil })
        let changes: [(inout ClientConfiguration) -> Void] = [
            { $0.servers = [] }, { $0.servers = [ServerAddress(host: "")] }, { $0.servers = [ServerAddress(host: "a", port: 0)] },
            { $0.clientID = long }, { $0.clientID = "\0" }, { $0.userName = long }, { $0.password = Array(repeating: 0, count: 65_536) },
            { $0.receiveMaximum = 0 }, { $0.maximumPacketSize = 0 }, { $0.inFlight = 0 }, { $0.inFlight = 65_001 },
            { $0.userProperties = [UserProperty("a", "\0")] }, { $0.userProperties = [UserProperty(long, "")] },
            { $0.authentication = authentication }, { $0.will = Will(topic: "", payload: []) },
            { $0.will = Will(topic: "a/+", payload: []) }, { $0.will = Will(topic: "a\0", payload: []) },
            { $0.will = Will(topic: long, payload: []) }, { $0.will = Will(topic: "a", payload: Array(repeating: 0, count: 65_536)) },
            { $0.will = Will(topic: "a", payload: [], properties: MessageProperties(contentType: long)) },
        ]
        for (index, change) in changes.enumerated() { #expect(problem(change) != nil, "change \(index)") }
    }

    @Test(
        "3.1.1 has no password without a user name, no kept Session without an identifier, no authentication [MQTT-3.1.2-22 of 3.1.1] [MQTT-3.1.3-7 of 3.1.1]"
    )
    func older() {
        #expect(problem(version: .v3_1_1) { $0.password = [1] } != nil)
        #expect(problem { $0.password = [1] } == nil)
        func keepNameless(_ configuration: inout ClientConfiguration) {
            configuration.clientID = ""
            configuration.session = .kept(seconds: 1)
        }
        #expect(problem(version: .v3_1_1, keepNameless) != nil)
        #expect(problem(keepNameless) == nil)
        #expect(
            problem(version: .v3_1_1) { $0.authentication = EnhancedAuthentication(method: "a", firstData: { nil }, answer: { _ in nil }) }
                != nil)
    }

    @Test(
        """
        A Topic Name to publish to has no wildcard, no U+0000 and 1 to 65,535 bytes [MQTT-4.7.0-1] [MQTT-3.3.2-2] [MQTT-4.7.3-1] [MQTT-4.7.3-2]
        [MQTT-4.7.3-3] [MQTT-3.3.2-2 of 3.1.1] [MQTT-4.7.1-1 of 3.1.1] [MQTT-4.7.3-1 of 3.1.1] [MQTT-4.7.3-2 of 3.1.1] [MQTT-4.7.3-3 of 3.1.1]
        """)
    func topics() {
        for topic in ["", "+", "a/#", "a+b", "a\0b", String(repeating: "x", count: 65_536)] {
            #expect(topic.reasonAgainstPublishing != nil)
        }
        for topic in ["/", "a b", "$SYS/x", "é", String(repeating: "x", count: 65_535)] { #expect(topic.reasonAgainstPublishing == nil) }
    }

    @Test(
        """
        Properties of a message are those a client gives to one, each once [MQTT-3.3.4-6] [MQTT-3.3.2-8] [MQTT-3.3.2-13] [MQTT-3.3.2-14]
        [MQTT-3.3.2-19] [MQTT-1.5.7-1]
        """)
    func properties() {
        let long = UTF8Text(String(repeating: "x", count: 65_536))
        let wrong: [[Property]] = [
            [.subscriptionIdentifier(1)], [.topicAlias(1)], [.reasonString(UTF8Text("a"))], [.contentType(UTF8Text("a\0"))],
            [.contentType(UTF8Text("a")), .contentType(UTF8Text("b"))], [.responseTopic(UTF8Text("a/#"))], [.responseTopic(UTF8Text(""))],
            [.responseTopic(long)], [.contentType(long)], [.correlationData(Array(repeating: 0, count: 65_536))],
            [.userProperty(long, UTF8Text(""))], [.userProperty(UTF8Text(""), UTF8Text("\0"))], [.payloadFormatIndicator(2)],
            [.willDelayInterval(seconds: 1)],
        ]
        for list in wrong { #expect(MessageProperties(PropertyList(list)).problem != nil, "\(list.map(\.identifier))") }
        let right: [Property] = [
            .payloadFormatIndicator(1), .messageExpiryInterval(seconds: 1), .contentType(UTF8Text("")), .responseTopic(UTF8Text("a")),
            .correlationData([]), .userProperty(UTF8Text("a"), UTF8Text("b")), .userProperty(UTF8Text("a"), UTF8Text("b")),
        ]
        #expect(MessageProperties(PropertyList(right)).problem == nil)
    }

    @Test("Keep Alive is whole seconds, at most 65,535")
    func keepAlive() {
        let seconds = [Duration.milliseconds(1), .seconds(1), .milliseconds(1_001), .seconds(70_000), .seconds(-3), .seconds(Int64.max)].map
        {
            var configuration = ClientConfiguration(host: "broker")
            configuration.keepAlive = $0
            return configuration.keepAliveSeconds
        }
        #expect(seconds == [1, 1, 2, 65_535, 0, 65_535])
    }
}
