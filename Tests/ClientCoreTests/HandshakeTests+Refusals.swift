import MQTTCodec
import Testing

@testable import ClientCore

@Suite("What the server refuses, and where it sends us")
struct RefusalTests {
    private static let final: [ReasonCode] = [
        .malformedPacket, .protocolError, .unsupportedProtocolVersion, .clientIdentifierNotValid, .badUserNameOrPassword, .notAuthorized,
        .banned, .badAuthenticationMethod, .topicNameInvalid, .packetTooLarge, .payloadFormatInvalid, .retainNotSupported,
        .qosNotSupported,
    ]

    @Test("A refusal that another attempt does not mend ends the client [MQTT-4.13.2-1]", arguments: final)
    func finally(code: ReasonCode) {
        let client = TestClient()
        client.open()
        client.receive(.connack(code, [.reasonString(UTF8Text("no"))]))
        #expect(client.isFinished && !client.isOpen)
        #expect(client.lastError == .refused(code, reason: "no"))
    }

    @Test(
        "After any other the client tries again [MQTT-4.13.2-1]",
        arguments: [
            ReasonCode.unspecifiedError, .implementationSpecificError, .serverUnavailable, .serverBusy, .quotaExceeded,
            .connectionRateExceeded,
        ])
    func again(code: ReasonCode) {
        let client = TestClient()
        client.open()
        client.receive(.connack(code))
        #expect(!client.isOpen && client.lastError == .refused(code, reason: nil))
        client.connect()
        #expect(client.connection != nil)
    }

    @Test("In 3.1.1 the server being away is tried again, all else is final")
    func older() {
        let client = TestClient(version: .v3_1_1)
        client.open()
        client.receive([0x20, 2, 0, 3])
        #expect(!client.isFinished)
        client.open()
        client.receive([0x20, 2, 0, 5])
        #expect(client.isFinished && client.lastError == .refused(.notAuthorized, reason: nil))
    }

    @Test("DISCONNECT of the server: final when it says so, otherwise a reason to connect again [MQTT-4.13.2-1]")
    func disconnected() {
        let client = TestClient()
        client.connect()
        client.receive(.disconnect(.serverShuttingDown))
        #expect(!client.isOpen && client.lastError == .disconnected(.serverShuttingDown, reason: nil))
        #expect(client.sent().isEmpty)
        client.connect()
        client.receive(.disconnect(.sessionTakenOver, [.reasonString(UTF8Text("other"))]))
        #expect(client.isFinished && client.lastError == .disconnected(.sessionTakenOver, reason: "other"))
    }

    @Test("Use another server: the next attempt goes there, the one after it home")
    func useAnotherServer() {
        let client = TestClient()
        client.open()
        client.receive(.connack(.useAnotherServer, [.serverReference(UTF8Text("other:99"))]))
        client.connect()
        client.breakConnection()
        client.connect()
        #expect(
            client.opened == [ServerAddress(host: "broker"), ServerAddress(host: "other", port: 99), ServerAddress(host: "broker")])
    }

    @Test("Server moved: from then on")
    func serverMoved() {
        let client = TestClient()
        client.connect()
        client.receive(.disconnect(.serverMoved, [.serverReference(UTF8Text("new"))]))
        client.connect()
        client.breakConnection()
        client.connect()
        #expect(client.opened.map(\.host) == ["broker", "new", "new"])
    }

    @Test("Without a reference it ends, if no other server is known")
    func noReference() {
        let client = TestClient()
        client.open()
        client.receive(.connack(.useAnotherServer))
        #expect(client.isFinished)
        let other = TestClient { $0.servers.append(ServerAddress(host: "second")) }
        other.open()
        other.receive(.connack(.serverMoved))
        other.connect()
        #expect(other.opened.map(\.host) == ["broker", "second"])
    }

    @Test(
        "Reserved bits in the flags of CONNACK are no CONNACK [MQTT-3.2.2-1] [MQTT-3.2.2-8]",
        arguments: [[0x20, 3, 2, 0, 0], [0x20, 3, 0, 4, 0]] as [[UInt8]])
    func malformedConnack(bytes: [UInt8]) {
        let client = TestClient()
        client.open()
        client.receive(bytes)
        #expect(!client.isOpen && client.connection == nil)
        if case .protocolViolation? = client.lastError {} else { Issue.record("\(String(describing: client.lastError))") }
    }

    @Test(
        "Anything but CONNACK in its place, and a second one, is a Protocol Error [MQTT-3.2.0-1] [MQTT-3.2.0-2] [MQTT-3.2.0-1 of 3.1.1]",
        arguments: ClientVersion.allCases)
    func outOfPlace(version: ClientVersion) {
        let early = TestClient(version: version)
        early.open()
        early.receive(.pingResponse)
        #expect(!early.isOpen && early.connection == nil)
        let twice = TestClient(version: version)
        twice.connect()
        twice.receive(.connack())
        #expect(twice.sent() == (version == .v5 ? [.disconnect(.protocolError)] : []))
        #expect(!twice.isOpen)
    }
}
