import MQTTCodec
import Testing

@testable import ClientCore

@Suite("Enhanced authentication")
struct AuthenticationTests {
    private let client = TestClient {
        $0.authentication = EnhancedAuthentication(
            method: "M", firstData: { Array("first".utf8) }, answer: { $0 == Array("bad".utf8) ? nil : Array("re-".utf8) + $0 })
    }
    private let success: [Property] = [.authenticationMethod(UTF8Text("M"))]

    @Test("CONNECT names the method; until CONNACK nothing but AUTH 0x18 goes out [MQTT-3.1.2-30] [MQTT-4.12.0-3] [MQTT-4.12.0-5]")
    func challenge() throws {
        let connect = try #require(client.open())
        #expect(connect.properties.authenticationMethod?.string == "M")
        #expect(connect.properties.authenticationData == Array("first".utf8))
        client.publish("a")
        client.subscribe(1, "b")
        client.receive(.auth(.continueAuthentication, method: "M", data: "1"))
        client.receive(.auth(.continueAuthentication, method: "M", data: "2"))
        #expect(
            client.sent() == [
                .auth(.continueAuthentication, method: "M", data: "re-1"), .auth(.continueAuthentication, method: "M", data: "re-2"),
            ])
        client.receive(.connack(.success, success))
        #expect(client.connection != nil && client.sent().count == 2)
    }

    @Test("Once more on the same connection, with AUTH 0x19 and the same method [MQTT-4.12.1-1] [MQTT-3.15.2-1]")
    func again() {
        client.open()
        client.receive(.connack(.success, success))
        let operation = client.reauthenticate()
        #expect(client.sent() == [.auth(.reAuthenticate, method: "M", data: "first")])
        let second = client.reauthenticate()
        #expect(client.outcomes[second] == .failed(.invalidArgument("authentication: expected one at a time")))
        client.receive(.auth(.continueAuthentication, method: "M", data: "3"))
        #expect(client.sent() == [.auth(.continueAuthentication, method: "M", data: "re-3")])
        #expect(client.outcomes[operation] == nil)
        client.receive(.auth(.success, method: "M"))
        #expect(client.outcomes[operation] == .done(.success) && client.isOpen)
    }

    @Test("A server that is not to be trusted is left, with DISCONNECT once connected [MQTT-4.12.1-2]")
    func mistrust() {
        client.open()
        client.receive(.auth(.continueAuthentication, method: "M", data: "bad"))
        #expect(!client.isOpen && client.sent().isEmpty)
        client.open()
        client.receive(.connack(.success, success))
        let operation = client.reauthenticate()
        _ = client.sent()
        client.receive(.auth(.continueAuthentication, method: "M", data: "bad"))
        #expect(client.sent() == [.disconnect(.unspecifiedError)] && !client.isOpen)
        #expect(client.outcomes[operation] == .failed(.connectionLost))
    }

    @Test("What the server proves with its success is looked at, too")
    func finalData() {
        client.open()
        client.receive(.connack(.success, success + [.authenticationData(Array("bad".utf8))]))
        #expect(!client.isOpen && client.connection == nil)
        client.open()
        client.receive(.connack(.success, success + [.authenticationData(Array("good".utf8))]))
        #expect(client.connection != nil && client.sent().isEmpty)
        client.reauthenticate()
        client.receive(.auth(.success, method: "M", data: "bad"))
        #expect(!client.isOpen)
    }

    @Test("Another method, or none, in CONNACK or AUTH is a Protocol Error [MQTT-4.12.0-5]")
    func otherMethod() {
        client.connect()
        #expect(!client.isOpen && client.sent() == [.disconnect(.protocolError)])
        client.open()
        client.receive(.auth(.continueAuthentication, method: "N"))
        #expect(!client.isOpen)
        client.open()
        client.receive(.connack(.success, success))
        client.receive(.auth(.continueAuthentication, method: "M", data: "unasked"))
        #expect(client.sent() == [.disconnect(.protocolError)] && !client.isOpen)
    }

    @Test("Without a method neither end speaks of authentication [MQTT-4.12.0-6] [MQTT-4.12.0-7]")
    func none() {
        let plain = TestClient()
        plain.open()
        plain.receive(.auth(.continueAuthentication, method: "M", data: "1"))
        #expect(!plain.isOpen && plain.sent().isEmpty)
        plain.connect(.authenticationMethod(UTF8Text("M")))
        #expect(!plain.isOpen && plain.sent() == [.disconnect(.protocolError)])
        plain.connect()
        let operation = plain.reauthenticate()
        #expect(plain.sent().isEmpty)
        #expect(plain.outcomes[operation] == .failed(.invalidArgument("authentication: expected one in the configuration")))
        plain.receive(.auth(.success, method: "M"))
        #expect(plain.sent() == [.disconnect(.protocolError)])
    }

    @Test("AUTH carries neither Reason String nor User Property [MQTT-3.15.2-2] [MQTT-3.15.2-3]")
    func noProperties() {
        client.open()
        client.receive(.connack(.success, success))
        client.reauthenticate()
        guard case .auth(let packet)? = client.sent().first else {
            Issue.record("no AUTH")
            return
        }
        #expect(packet.properties.properties.map(\.identifier) == [.authenticationMethod, .authenticationData])
    }
}
