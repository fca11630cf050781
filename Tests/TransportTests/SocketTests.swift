import CLinux
import Glibc
import Primitives
import Testing

@testable import Transport

struct SocketTests {
    @Test("several segments arrive as one stream, in order")
    func gather() throws {
        let pair = try Loopback()
        let parts: [[UInt8]] = [[1, 2, 3], [], [4], [5, 6]]
        let count = parts[0].withUnsafeBytes { a in
            parts[1].withUnsafeBytes { b in
                parts[2].withUnsafeBytes { c in
                    parts[3].withUnsafeBytes { d in send(pair.server, [a, b, c, d]) }
                }
            }
        }
        #expect(count == 6)
        try ready(pair.client, for: .readable)
        #expect(receive(pair.client).bytes == [1, 2, 3, 4, 5, 6])
    }

    @Test("more segments than the kernel takes at once are cut, not refused")
    func manySegments() throws {
        let pair = try Loopback()
        let byte: [UInt8] = [7]
        let count = byte.withUnsafeBytes { send(pair.server, Array(repeating: $0, count: 3_000)) }
        #expect(count == Socket.maximumSegments)
        #expect(send(pair.server, []) == 0)
    }

    @Test("nothing to read would block; the end of the stream is the end")
    func receiveStates() throws {
        let pair = try Loopback()
        #expect(receive(pair.server).result == Socket.wouldBlock)
        try send([9], to: pair.client)
        Socket.shutdownWriting(pair.client)
        let (bytes, end) = try receiveAll(pair.server)
        #expect(bytes == [9])
        #expect(end == Socket.endOfStream)
    }

    @Test("a full socket would block, and takes more when the peer has read")
    func sendWouldBlock() throws {
        let pair = try Loopback()
        let block = [UInt8](repeating: 1, count: 1 << 20)
        var taken = 0
        var last = 0
        while last >= 0 {
            last = block.withUnsafeBytes { send(pair.server, [$0]) }
            taken += max(last, 0)
        }
        #expect(last == Socket.wouldBlock)
        #expect(taken > 0)
        var read = 0
        while read < taken {
            let result = receive(pair.client).result
            if result > 0 { read += result } else { try ready(pair.client, for: .readable) }
        }
        #expect(try ready(pair.server, for: .writable).writable)
    }

    @Test("writing to a peer that is gone is broken, and no signal")
    func brokenPipe() throws {
        let pair = try Loopback()
        try send([1], to: pair.server)
        try ready(pair.client, for: .readable)
        pair.close(pair.client)
        try ready(pair.server, for: [])
        #expect(receive(pair.server).result == Socket.broken)
        let byte: [UInt8] = [2]
        for _ in 0..<2 {
            #expect(byte.withUnsafeBytes { send(pair.server, [$0]) } == Socket.broken)
            #expect(byte.withUnsafeBytes { send(pair.server, [$0, $0]) } == Socket.broken)
        }
    }

    @Test("thrown away bytes are gone, no more than asked for")
    func discard() throws {
        let pair = try Loopback()
        try send([1, 2, 3, 4, 5], to: pair.client)
        try ready(pair.server, for: .readable)
        #expect(Socket.discard(pair.server, limit: 3) == 3)
        #expect(receive(pair.server).bytes == [4, 5])
        #expect(Socket.discard(pair.server, limit: 3) == Socket.wouldBlock)
        Socket.shutdownWriting(pair.client)
        try ready(pair.server, for: .readable)
        #expect(Socket.discard(pair.server, limit: 3) == Socket.endOfStream)
    }

    @Test("a connection nobody takes is refused in words")
    func connectRefused() throws {
        // Bound, so that nobody else gets the port, but not listening.
        let silent = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { Socket.close(silent) }
        #expect(SocketAddress(ipv4: 0x7F00_0001, port: 0).withSockaddr { bind(silent, $0, $1) } == 0)
        let address = try #require(Listener.localAddress(of: silent))
        let error = #expect(throws: TransportError.self) { _ = try Socket.connect(to: address) }
        #expect(error == .connect(address, errno: ECONNREFUSED))
        #expect(error?.description == "cannot connect to \(address): Connection refused")
    }

    @Test("the soft limit of descriptors is raised to the hard one")
    func descriptorLimit() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            var low = rlimit(rlim_cur: 64, rlim_max: min(limit.rlim_max, 4_000))
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &low)
            precondition(Socket.raiseDescriptorLimit() == Int(low.rlim_max))
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            precondition(limit.rlim_cur == low.rlim_max)
        }
    }
}
