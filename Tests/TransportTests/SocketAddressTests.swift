import Glibc
import Testing

@testable import Transport

struct SocketAddressTests {
    @Test(
        "an address reads back as it is written",
        arguments: [
            ("127.0.0.1", "127.0.0.1:1883"),
            ("127.0.0.1:8883", "127.0.0.1:8883"),
            ("0.0.0.0:0", "0.0.0.0:0"),
            ("::1", "[::1]:1883"),
            ("[::1]", "[::1]:1883"),
            ("[::1]:8883", "[::1]:8883"),
            ("::", "[::]:1883"),
            ("2001:DB8:0:0::1", "[2001:db8::1]:1883"),
            ("[fe80::1%1]:65535", "[fe80::1%1]:65535"),
            ("::ffff:10.1.2.3", "10.1.2.3:1883"),
        ])
    func parses(text: String, description: String) throws {
        let address = try #require(SocketAddress(text, port: 1_883))
        #expect(address.description == description)
        #expect(SocketAddress(description) == address)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", "localhost", "1.2.3", "1.2.3.256", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:+1", "1.2.3.4:1x", ":1883",
            "[::1", "[::1]1883", "[::1]:", "[]:1", "::1::", "[127.0.0.1]:1", "fe80::1%", "fe80::1%no-such-interface",
            "1.2.3.4 ", "[::1]:-1",
        ])
    func refuses(text: String) {
        #expect(SocketAddress(text) == nil)
    }

    @Test(
        "loopback addresses are known",
        arguments: [
            ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("::ffff:127.0.0.1", true),
            ("0.0.0.0", false), ("::", false), ("128.0.0.1", false), ("10.0.0.127", false), ("::2", false),
        ])
    func loopback(text: String, expected: Bool) throws {
        #expect(try #require(SocketAddress(text)).isLoopback == expected)
    }

    @Test("the addresses that stand for all are known")
    func unspecified() throws {
        #expect(try #require(SocketAddress("0.0.0.0")).isUnspecified)
        #expect(try #require(SocketAddress("::")).isUnspecified)
        #expect(try !#require(SocketAddress("0.0.0.1")).isUnspecified)
    }

    @Test(
        "the kernel's form and back",
        arguments: ["1.2.3.4:5", "[fe80::1%2]:65535", "[102:304:506:708:90a:b0c:d0e:f10]:258"])
    func kernelForm(text: String) throws {
        let address = try #require(SocketAddress(text))
        let storage = address.withSockaddr { pointer, length in
            var storage = sockaddr_storage()
            memcpy(&storage, pointer, Int(length))
            return storage
        }
        #expect(SocketAddress(storage) == address)
    }

    @Test("it stays small: every connection holds one")
    func size() {
        #expect(MemoryLayout<SocketAddress>.size <= 24)
    }
}
