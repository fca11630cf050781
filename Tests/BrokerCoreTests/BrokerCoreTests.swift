import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("The broker as a value")
struct BrokerCoreTests {
    @Test("Before CONNECT a connection may send a CONNECT's bytes and no more; afterwards the maximum packet")
    func bounds() {
        var options = TestBroker.quiet
        options.limits.connectPacketBytes = 100
        options.limits.packetBytes = 1_000
        var core = BrokerCore(options: options, listeners: [ListenerOptions()], seed: 1, startedAt: .zero)
        var actions = Actions()
        guard let connection = core.connectionOpened(listener: 0, at: .zero) else { return #expect(Bool(false)) }
        #expect(core.maximumPacketBytes(connection) == 100)
        let packet = ConnectPacket(version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text("c"))
        core.handle(.connect(packet), from: connection, at: .zero, into: &actions)
        #expect(core.maximumPacketBytes(connection) == 1_000)
        #expect(core.version(of: connection) == .v5)
    }

    @Test("A connection's slot that is used again has another generation")
    func generations() {
        var core = BrokerCore(options: TestBroker.quiet, listeners: [ListenerOptions()], seed: 1, startedAt: .zero)
        var actions = Actions()
        guard let first = core.connectionOpened(listener: 0, at: .zero) else { return #expect(Bool(false)) }
        let generation = core.generation(of: first)
        core.handle(.connectionClosed(first), at: .zero, into: &actions)
        #expect(core.isOpen(first) == false)
        core.connectionForgotten(first)
        #expect(core.connectionOpened(listener: 0, at: .zero) == first)
        #expect(core.generation(of: first) != generation)
    }
}
