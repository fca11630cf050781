import MQTTCodec
import Testing

@testable import ClientCore

@Suite("What the server may send us")
struct IncomingLimitTests {
    private func connected(_ change: (inout ClientConfiguration) -> Void) -> TestClient {
        let client = TestClient(version: .v5, change)
        client.connect()
        client.subscribed(1, "#")
        return client
    }

    @Test("A server that overruns our Receive Maximum by far is given up, one that does a little is not [MQTT-3.3.4-9]")
    func receiveMaximum() {
        let client = connected { $0.receiveMaximum = 2 }
        client.receive(.publish("a", qos: .atLeastOnce, id: 1), .publish("a", qos: .exactlyOnce, id: 2), .publish("a"))
        for id in 3...32 as ClosedRange<UInt16> { client.receive(.publish("a", qos: .atLeastOnce, id: id)) }
        #expect(client.isOpen)
        client.receive(.publish("a", qos: .atLeastOnce, id: 33))
        #expect(client.sent() == [.disconnect(.receiveMaximumExceeded)] && !client.isOpen)
    }

    @Test("In 3.1.1 there is none")
    func older() {
        let client = TestClient(version: .v3_1_1) { $0.receiveMaximum = 1 }
        client.connect()
        client.subscribed(1, "#")
        for id in 1...9 as ClosedRange<UInt16> { client.receive(.publish("a", qos: .atLeastOnce, id: id)) }
        #expect(client.isOpen && client.received.count == 9)
    }

    @Test("A packet larger than our Maximum Packet Size is not waited for [MQTT-3.1.2-24]")
    func maximumPacketSize() {
        let client = connected { $0.maximumPacketSize = 50 }
        client.receive(.publish("a", String(repeating: "x", count: 44)))
        #expect(client.isOpen && client.received.count == 1)
        client.receive([0x30, 49])
        #expect(client.sent() == [.disconnect(.packetTooLarge)] && !client.isOpen)
    }

    @Test("Every alias up to our maximum is understood [MQTT-3.3.2-10]")
    func aliases() {
        let client = connected { $0.topicAliasMaximum = 3 }
        for alias in 1...3 as ClosedRange<UInt16> { client.receive(.publish("t\(alias)", "", [.topicAlias(alias)])) }
        for alias in 1...3 as ClosedRange<UInt16> { client.receive(.publish("", "", [.topicAlias(alias)])) }
        client.receive(.publish("other", "", [.topicAlias(2)]), .publish("", qos: .exactlyOnce, id: 1, [.topicAlias(2)]))
        #expect(client.received.map(\.message.topic) == ["t1", "t2", "t3", "t1", "t2", "t3", "other", "other"])
        #expect(client.received.allSatisfy { $0.message.properties.isEmpty })
    }

    @Test("None above it, and none at all when it is 0 [MQTT-3.1.2-26] [MQTT-3.1.2-27] [MQTT-3.3.2-11]", arguments: [0, 3] as [UInt16])
    func aliasTooHigh(maximum: UInt16) {
        let client = connected { $0.topicAliasMaximum = maximum }
        client.receive(.publish("a", "", [.topicAlias(maximum + 1)]))
        #expect(client.sent() == [.disconnect(.topicAliasInvalid)] && !client.isOpen)
    }

    @Test("An alias that was not set, or was on the connection before, is a Protocol Error [MQTT-3.3.2-7]")
    func unknownAlias() {
        let client = connected { _ in }
        client.receive(.publish("a", "", [.topicAlias(1)]))
        client.breakConnection()
        client.connect(sessionPresent: true)
        client.receive(.publish("", "", [.topicAlias(1)]))
        #expect(client.sent() == [.disconnect(.protocolError)] && !client.isOpen)
    }

    @Test("A message without topic and alias is none [MQTT-4.7.3-1] [MQTT-3.3.2-8]", arguments: [[], [.topicAlias(0)]] as [[Property]])
    func noTopic(properties: [Property]) {
        let client = connected { _ in }
        client.receive(.publish("", "", properties))
        #expect(!client.isOpen && client.received.isEmpty)
    }

    @Test("Session Expiry Interval in a DISCONNECT of the server is a Protocol Error [MQTT-3.14.2-2]")
    func sessionExpiry() {
        let client = connected { _ in }
        client.receive([0xE0, 7, 0, 5, 0x11, 0, 0, 0, 1])
        #expect(client.sent() == [.disconnect(.protocolError)] && !client.isOpen)
    }

    @Test("Reason Strings are asked for, and taken wherever they stand [MQTT-3.1.2-29]")
    func problemInformation() throws {
        let client = TestClient()
        let connect = try #require(client.connect())
        #expect(connect.properties.requestProblemInformation != false)
        let operation = client.publish("a")
        client.receive([0x40, 10, 0, 1, 0x97, 6, 0x1F, 0, 3, 119, 104, 121])
        #expect(client.outcomes[operation] == .failed(.publishRefused(.quotaExceeded, reason: "why")))
    }

    @Test(
        "A packet only clients send, or of a reserved type, is a Protocol Error",
        arguments: [[0xC0, 0], [0x82, 6, 0, 1, 0, 0, 0, 0], [0x00, 0]] as [[UInt8]])
    func wrongDirection(bytes: [UInt8]) {
        let client = connected { _ in }
        client.receive(bytes)
        #expect(!client.isOpen)
        guard case .disconnect(let packet)? = client.sent().last else {
            Issue.record("no DISCONNECT")
            return
        }
        #expect(packet.reasonCode == .protocolError || packet.reasonCode == .malformedPacket)
    }
}
