import Glibc
import Primitives
import Testing
import Transport

@testable import Broker
@testable import BrokerCore

/// Two shards' networks on one thread, so that each step is one we take.
@Suite struct SocketNetworkTests {
    private let plans: [ShardPlan]
    private let port: UInt16

    init() throws {
        var configuration = BrokerConfiguration()
        configuration.loops = 2
        configuration.log.level = .error
        let listener = try OpenListener(ListenerConfiguration(port: 0))
        port = listener.socket.localAddress.port
        plans = try ShardPlan.all(
            configuration, listeners: [listener], store: nil, clock: .system, log: LogWriter(configuration: configuration.log))
    }

    /// Waits until something is ready, for a time that no test should take.
    private func ready(_ network: inout SocketNetwork) -> [ReadyEvent] {
        var ready: [ReadyEvent] = []
        let end = Clock.system.now().advanced(bySeconds: 10)
        while ready.isEmpty, network.now < end { network.poll(until: end, into: &ready) }
        return ready
    }

    private func receive(_ connection: UInt32, _ network: inout SocketNetwork) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = bytes.withUnsafeMutableBytes { network.receive(connection, into: $0) }
        return Array(bytes.prefix(max(0, count)))
    }

    @Test("A connection that changes hands keeps its peer and what was not read yet, and its first shard hears no more of it")
    func handOver() throws {
        var first = try SocketNetwork(plans[0], signals: nil)
        var second = try SocketNetwork(plans[1], signals: nil)
        let client = try Socket.connect(to: SocketAddress(ipv4: 0x7F00_0001, port: port))
        defer { Socket.close(client) }
        guard case .listener(0)? = ready(&first).first else { throw Unexpected() }
        guard let accepted = first.accept(from: 0) else { throw Unexpected() }
        first.admit(accepted, as: 3, generation: 1)
        let address = first.address(of: 3)

        second.adopt(first.giveUp(3), listener: 0, as: 7, generation: 5)
        let adopted = second.address(of: 7)
        #expect(adopted == address)
        send([1, 2, 3], to: client)
        guard case .connection(7, generation: 5, readable: true, writable: false)? = ready(&second).first else { throw Unexpected() }
        var unheard: [ReadyEvent] = []
        first.poll(until: .zero, into: &unheard)
        #expect(unheard.isEmpty)
        let received = receive(7, &second)
        #expect(received == [1, 2, 3])
        second.close(7, lingers: false)
    }

    @Test("A connection that broke on its way is found broken by its first read")
    func brokenOnTheWay() throws {
        var first = try SocketNetwork(plans[0], signals: nil)
        var second = try SocketNetwork(plans[1], signals: nil)
        let client = try Socket.connect(to: SocketAddress(ipv4: 0x7F00_0001, port: port))
        guard case .listener(0)? = ready(&first).first else { throw Unexpected() }
        guard let accepted = first.accept(from: 0) else { throw Unexpected() }
        first.admit(accepted, as: 3, generation: 1)
        let name = first.giveUp(3)
        Socket.close(client)
        second.adopt(name, listener: 0, as: 7, generation: 5)
        guard case .connection(7, generation: 5, readable: true, writable: _)? = ready(&second).first else { throw Unexpected() }
        let received = receive(7, &second)
        #expect(received.isEmpty)
        second.close(7, lingers: false)
    }

    @Test("A connection that is not read from is not reported as readable, not even when it breaks, until it is read again")
    func unread() throws {
        var network = try SocketNetwork(plans[0], signals: nil)
        let client = try Socket.connect(to: SocketAddress(ipv4: 0x7F00_0001, port: port))
        guard case .listener(0)? = ready(&network).first, let accepted = network.accept(from: 0) else { throw Unexpected() }
        network.admit(accepted, as: 3, generation: 1)
        send([1], to: client)
        guard case .connection(3, generation: 1, readable: true, writable: false)? = ready(&network).first else { throw Unexpected() }
        network.watch(3, readable: false, writable: true)
        guard case .connection(3, generation: 1, readable: false, writable: true)? = ready(&network).first else { throw Unexpected() }
        network.watch(3, readable: false, writable: false)
        // Bytes the client has not read make its end a reset.
        let sent = withUnsafePointer(to: UInt8(1)) { byte in
            let slice = OutputSlice(base: byte, count: 1)
            return withUnsafePointer(to: slice) { network.send(3, UnsafeBufferPointer(start: $0, count: 1)) }
        }
        #expect(sent == 1)
        var arrived = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
        #expect(poll(&arrived, 1, 10_000) == 1)
        Socket.close(client)
        var unheard: [ReadyEvent] = []
        network.poll(until: .zero, into: &unheard)
        #expect(unheard.isEmpty)
        network.watch(3, readable: true, writable: false)
        guard case .connection(3, generation: 1, readable: true, writable: _)? = ready(&network).first else { throw Unexpected() }
        network.close(3, lingers: false)
    }

    @Test("What a shard posts another one finds, without sleeping over it, and a full lane has no room until it was found")
    func mail() throws {
        var first = try SocketNetwork(plans[0], signals: nil)
        var second = try SocketNetwork(plans[1], signals: nil)
        _ = first.post(PeerBatch(from: 0, byteCount: 0), to: 1)
        var hasRoom = [first.hasRoom(for: 1, limit: 1), second.hasRoom(for: 0, limit: 1)]
        #expect(hasRoom == [false, true])
        var ready: [ReadyEvent] = []
        second.poll(until: nil, into: &ready)
        var batches: [PeerBatch] = []
        second.drain(into: &batches)
        #expect(ready.isEmpty)
        #expect(batches.map(\.sender) == [0])
        hasRoom = [first.hasRoom(for: 1, limit: 1)]
        #expect(hasRoom == [true])
        // That there is room again has woken the first.
        first.poll(until: nil, into: &ready)
        for batch in batches { batch.discard { _ in } }
        // What is not taken goes with the mailboxes.
        _ = second.post(PeerBatch(from: 1, byteCount: 0), to: 0)
    }

    private struct Unexpected: Error {}

    private func send(_ bytes: [UInt8], to descriptor: Int32) {
        let sent = bytes.withUnsafeBytes { bytes in
            let slice = OutputSlice(base: bytes.baseAddress.unsafelyUnwrapped, count: bytes.count)
            return withUnsafePointer(to: slice) { Socket.send(descriptor, slices: UnsafeBufferPointer(start: $0, count: 1)) }
        }
        #expect(sent == bytes.count)
    }
}
