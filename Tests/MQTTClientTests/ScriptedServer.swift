import Glibc
import MQTTClient
import Testing
import Transport

/// A server that does only what a test says, on a socket with a deadline; it lets other tests go on while it waits.
final class ScriptedServer: Sendable {
    private let listener: Listener
    var port: UInt16 { listener.localAddress.port }

    init() throws { listener = try Listener(on: try #require(SocketAddress("127.0.0.1", port: 0))) }

    /// The next connection.
    func accept() async throws -> ScriptedConnection {
        #expect(await isReadable(listener.descriptor), "nobody connects")
        guard case .connection(let descriptor, _) = listener.accept() else { throw NoConnection() }
        return ScriptedConnection(descriptor)
    }
}

struct NoConnection: Error {}

/// Whether there is something to read within ten seconds. It waits on a thread of its own.
private func isReadable(_ descriptor: Int32) async -> Bool {
    await withCheckedContinuation { continuation in
        let thread = try? Thread(name: "waiting") {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            continuation.resume(returning: poll(&waiting, 1, 10_000) == 1)
        }
        if thread == nil { continuation.resume(returning: false) }
    }
}

final class ScriptedConnection: Sendable {
    private let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { Socket.close(descriptor) }

    /// Takes CONNECT and answers with a CONNACK without anything in it.
    func answerConnect() async {
        #expect(await receive().first == 0x10)
        send([0x20, 3, 0, 0, 0])
    }

    func send(_ bytes: [UInt8]) { #expect(bytes.withUnsafeBytes { Socket.send(descriptor, $0) } == bytes.count) }

    /// The next bytes; none at the end.
    func receive() async -> [UInt8] {
        guard await isReadable(descriptor) else { return [] }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = buffer.withUnsafeMutableBytes { Socket.receive(descriptor, into: $0) }
        return Array(buffer.prefix(max(0, count)))
    }

    /// Everything up to the end of the connection.
    func receiveRest() async -> [UInt8] {
        var all: [UInt8] = []
        while case let bytes = await receive(), !bytes.isEmpty { all += bytes }
        return all
    }
}
