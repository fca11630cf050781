import CLinux
import Glibc
import Testing

@testable import Transport

struct ListenerTests {
    private static let loopback = SocketAddress(ipv4: 0x7F00_0001, port: 0)

    @Test("port 0 becomes a real port, and connections come with their peer", arguments: ["127.0.0.1", "::1"])
    func accepts(host: String) throws {
        let listener = try Listener(on: #require(SocketAddress(host)))
        let address = listener.localAddress
        #expect(address.port != 0)
        #expect(address.host == host)
        let nobody = listener.accept()
        #expect(nobody == .none)

        let client = try Socket.connect(to: address)
        defer { Socket.close(client) }
        let (server, peer) = try acceptOne(listener)
        defer { Socket.close(server) }
        #expect(peer.host == host)
        #expect(peer.isLoopback)
        #expect(peer.port != address.port)
        #expect(fcntl(server, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(server, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test("an address for all takes IPv4 too and shows it as IPv4")
    func dualStack() throws {
        let listener = try Listener(on: #require(SocketAddress("::")))
        let client = try Socket.connect(to: SocketAddress(ipv4: 0x7F00_0001, port: listener.localAddress.port))
        defer { Socket.close(client) }
        let (server, peer) = try acceptOne(listener)
        Socket.close(server)
        #expect(peer.family == .ipv4)
        #expect(peer.host == "127.0.0.1")
    }

    @Test("accepted sockets inherit no-delay and keep-alive")
    func inheritsOptions() throws {
        var options = Listener.Options()
        var keepAlive = Listener.TCPKeepAlive()
        keepAlive.idleSeconds = 77
        keepAlive.intervalSeconds = 11
        keepAlive.probes = 3
        options.keepAlive = keepAlive
        let pair = try Loopback(options)
        #expect(option(pair.server, IPPROTO_TCP, TCP_NODELAY) == 1)
        #expect(option(pair.server, Int(SOL_SOCKET), SO_KEEPALIVE) == 1)
        #expect(option(pair.server, IPPROTO_TCP, TCP_KEEPIDLE) == 77)
        #expect(option(pair.server, IPPROTO_TCP, TCP_KEEPINTVL) == 11)
        #expect(option(pair.server, IPPROTO_TCP, TCP_KEEPCNT) == 3)
    }

    @Test("options that are switched off stay off")
    func optionsOff() throws {
        var options = Listener.Options()
        options.noDelay = false
        options.keepAlive = nil
        let pair = try Loopback(options)
        #expect(option(pair.server, IPPROTO_TCP, TCP_NODELAY) == 0)
        #expect(option(pair.server, Int(SOL_SOCKET), SO_KEEPALIVE) == 0)
    }

    @Test("a port in use names the address and the way out")
    func portInUse() throws {
        let listener = try Listener(on: Self.loopback)
        let address = listener.localAddress
        let error = #expect(throws: TransportError.self) { _ = try Listener(on: address) }
        #expect(error == .listen(address, errno: EADDRINUSE))
        let words = try #require(error).description
        #expect(words.hasPrefix("cannot listen on \(address): the port is in use; "))
        #expect(words.contains("choose another port"))
    }

    @Test("an address of another machine is refused")
    func foreignAddress() throws {
        let address = try #require(SocketAddress("192.0.2.1:0"))
        #expect(throws: TransportError.listen(address, errno: EADDRNOTAVAIL)) { _ = try Listener(on: address) }
    }

    @Test("without descriptors it says so, and accepts when there are some again")
    func outOfDescriptors() async {
        await #expect(processExitsWith: .success) {
            let listener = try Listener(on: SocketAddress(ipv4: 0x7F00_0001, port: 0))
            let client = try Socket.connect(to: listener.localAddress)
            var taken: [Int32] = []
            var low = rlimit(rlim_cur: 64, rlim_max: 64)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &low)
            while true {
                let descriptor = dup(client)
                if descriptor < 0 { break }
                taken.append(descriptor)
            }
            precondition(listener.accept() == .outOfDescriptors)
            for descriptor in taken { Socket.close(descriptor) }
            guard case .connection = listener.accept() else { preconditionFailure("not accepted") }
        }
    }

    private func option(_ descriptor: Int32, _ level: Int, _ name: Int32) -> Int32 {
        var value: Int32 = -1
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, Int32(level), name, &value, &length)
        return value
    }
}
