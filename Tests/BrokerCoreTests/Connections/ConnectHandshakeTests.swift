import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("CONNECT → CONNACK")
struct ConnectHandshakeTests {
    private func packet(
        _ clientID: String = "client", _ version: ProtocolVersion = .v5, cleanStart: Bool = true, _ properties: [Property] = []
    ) -> ConnectPacket {
        var packet = ConnectPacket(version: version, cleanStart: cleanStart, keepAliveSeconds: 0, clientID: UTF8Text(clientID))
        packet.properties = PropertyList(properties)
        return packet
    }

    /// The CONNACK, and why the connection was refused.
    private func answer(
        _ packet: ConnectPacket, _ listen: (inout ListenerOptions) -> Void = { _ in }, _ limit: (inout Limits) -> Void = { _ in }
    ) -> (code: ReasonCode?, isClosed: Bool) {
        var listener = ListenerOptions()
        listen(&listener)
        var options = TestBroker.quiet
        limit(&options.limits)
        var broker = TestBroker(options: options, listener: listener)
        let (client, connack) = broker.connect(packet)
        return (connack?.reasonCode, broker.isClosed(client))
    }

    @Test("What a listener does not offer is refused with its code, and the connection closed")
    func refusals() {
        var will = packet()
        will.will = .init("will", "x", qos: .exactlyOnce, retain: true)
        var systemWill = packet()
        systemWill.will = .init("$SYS/x", "x")
        let expected: [(ConnectPacket, (inout ListenerOptions) -> Void, ReasonCode)] = [
            (packet(), { $0.anonymous = false }, .notAuthorized),
            (packet(), { $0.versions = [.v3_1_1] }, .unsupportedProtocolVersion),
            (packet("", .v5), { $0.emptyClientIDAllowed = false }, .clientIdentifierNotValid),
            (packet("client", .v5, [.authenticationMethod(UTF8Text("SCRAM"))]), { _ in }, .badAuthenticationMethod),
            (will, { $0.maximumQoS = .atLeastOnce }, .qosNotSupported),
            (will, { $0.retainAvailable = false }, .retainNotSupported),
            (systemWill, { _ in }, .topicNameInvalid),
        ]
        for (packet, listen, code) in expected {
            let answer = answer(packet, listen)
            #expect(answer.code == code)
            #expect(answer.isClosed)
        }
    }

    private func packet(_ clientID: String, _ version: ProtocolVersion, _ properties: [Property]) -> ConnectPacket {
        packet(clientID, version, cleanStart: true, properties)
    }

    @Test("3.x reads return codes; where it has none, the connection closes silently")
    func returnCodes() {
        #expect(answer(packet("", .v3_1_1, cleanStart: false)).code == .clientIdentifierNotValid)
        #expect(answer(packet("c", .v3_1_1), { $0.anonymous = false }).code == .notAuthorized)
        var will = packet("c", .v3_1_1)
        will.will = .init("will", "x", retain: true)
        let silent = answer(will) { $0.retainAvailable = false }
        #expect(silent.code == nil && silent.isClosed)
    }

    @Test("An empty Client Identifier is given one, that no session bears [MQTT-3.2.2-16]")
    func assigned() {
        var broker = TestBroker()
        let names = (0..<5).compactMap { _ in broker.connect(packet("")).connack?.properties.assignedClientIdentifier }
        #expect(Set(names).count == 5)
        #expect(broker.connect(packet("", .v3_1_1)).connack?.reasonCode == .success)
    }

    @Test("CONNACK says what this listener offers less of")
    func offers() {
        var listener = ListenerOptions()
        listener.maximumQoS = .atMostOnce
        listener.retainAvailable = false
        listener.wildcardSubscriptionAvailable = false
        listener.sharedSubscriptionAvailable = false
        listener.subscriptionIdentifierAvailable = false
        var broker = TestBroker(listener: listener)
        let properties = broker.connect(packet()).connack?.properties.properties ?? []
        let expected: [Property] = [
            .maximumQoS(0), .retainAvailable(false), .wildcardSubscriptionAvailable(false), .sharedSubscriptionAvailable(false),
            .subscriptionIdentifierAvailable(false), .receiveMaximum(100), .topicAliasMaximum(32), .maximumPacketSize(16_777_216),
        ]
        #expect(Set(properties) == Set(expected))
    }

    @Test("A client that comes again takes its session over from its old connection [MQTT-3.1.4-3]")
    func takeover() {
        var broker = TestBroker()
        let old = broker.connect("client", properties: [.sessionExpiryInterval(seconds: 10)])
        broker.send(.subscribe("a", qos: .atLeastOnce), from: old)
        _ = broker.received(old)
        broker.send(.publish("a", "unacknowledged", qos: .atLeastOnce), from: old)
        let (new, connack) = broker.connect(packet("client", .v5, cleanStart: false))
        #expect(connack?.sessionPresent == true)
        #expect(broker.received(old).last == .disconnect(.sessionTakenOver))
        #expect(broker.isClosed(old) == true)
        let messages = broker.messages(new)
        #expect(messages.map(\.dup) == [true] && messages.map(\.packetID) == [1])
        #expect(broker.counters.sessionsTakenOver == 1)
    }

    @Test("When there are as many sessions as allowed, a new one is refused, but not one that is there")
    func tooManySessions() {
        var options = TestBroker.quiet
        options.limits.sessions = 1
        var broker = TestBroker(options: options)
        let client = broker.connect("client", properties: [.sessionExpiryInterval(seconds: 100)])
        #expect(broker.connect(packet("other")).connack?.reasonCode == .quotaExceeded)
        broker.drop(client)
        #expect(broker.connect(packet("client", .v5, cleanStart: false)).connack?.reasonCode == .success)
    }

    @Test("When there are as many connections as allowed, one more is closed, and none is lost")
    func tooManyConnections() {
        var options = TestBroker.quiet
        options.limits.connections = 2
        var broker = TestBroker(options: options)
        let first = broker.connect("first")
        _ = broker.connect("second")
        let third = broker.open()
        #expect(broker.isClosed(third) == true)
        broker.drop(first)
        #expect(broker.connect(packet("fourth")).connack?.reasonCode == .success)
    }
}

@Suite("CONNECT → CONNACK, at the bounds")
struct ConnectHandshakeBoundsTests {
    @Test("An assigned Client Identifier says nothing of the generator: the key of the hash tables was drawn from it before")
    func assignedClientIdentifier() {
        var generator = SeededRandom(seed: 1)  // as in TestBroker
        _ = generator.next()
        var bits = generator.next()
        var drawn = "auto-"
        for _ in 0..<16 {
            drawn.unicodeScalars.append(UnicodeScalar(UInt8(ascii: "a") + UInt8(bits & 15)))
            bits >>= 4
        }
        var broker = TestBroker()
        let (_, connack) = broker.connect(ConnectPacket(version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text("")))
        #expect(connack?.properties.assignedClientIdentifier?.string.count == 21)
        #expect(connack?.properties.assignedClientIdentifier?.string != drawn)
    }

    @Test("A refusal, too, keeps to the client's Maximum Packet Size [MQTT-3.1.2-24]")
    func refusalTooLarge() {
        var packet = ConnectPacket(version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text("client"))
        packet.properties = PropertyList([.maximumPacketSize(4), .authenticationMethod(UTF8Text("none"))])
        var broker = TestBroker()
        let (client, connack) = broker.connect(packet)
        #expect(connack == nil)
        #expect(broker.isClosed(client) == true)
    }
}
