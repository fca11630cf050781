import Glibc
import Testing

@testable import Transport

struct TransportErrorTests {
    private static let address = SocketAddress(ipv4: 0x7F00_0001, port: 1_883)

    @Test(
        "an error says what failed and what to do",
        arguments: [
            (TransportError.listen(address, errno: EADDRINUSE), "127.0.0.1:1883", "choose another port"),
            (.listen(address, errno: EACCES), "127.0.0.1:1883", "CAP_NET_BIND_SERVICE"),
            (.listen(address, errno: EADDRNOTAVAIL), "127.0.0.1:1883", "ip address"),
            (.listen(address, errno: EMFILE), "127.0.0.1:1883", "ulimit -n"),
            (.connect(address, errno: ETIMEDOUT), "127.0.0.1:1883", "Connection timed out"),
            (.system(call: "epoll_ctl", errno: ENOSPC), "epoll_ctl", "fs.epoll.max_user_watches"),
            (.system(call: "eventfd", errno: 9_999), "eventfd", "9999"),
        ])
    func speaks(error: TransportError, what: String, remedy: String) {
        #expect(error.description.contains(what))
        #expect(error.description.contains(remedy))
    }
}
