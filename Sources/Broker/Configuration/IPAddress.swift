import Glibc

/// A numeric IPv4 or IPv6 address, as a listener is bound to it.
struct IPAddress: Hashable {
    /// Four or sixteen bytes in network order.
    let bytes: [UInt8]

    /// nil: `text` is no numeric address. `localhost` is taken for 127.0.0.1, without asking a resolver.
    init?(_ text: String) {
        let numeric = text == "localhost" ? "127.0.0.1" : text
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, numeric, &bytes) == 1 {
                self.bytes = bytes
                return
            }
        }
        return nil
    }

    /// The canonical text, as `inet_ntop` writes it.
    var text: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Reachable from this machine only: 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104.
    var isLoopback: Bool {
        if bytes.count == 4 { return bytes[0] == 127 }
        if bytes.starts(with: Self.mappedPrefix) { return bytes[12] == 127 }
        return bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    /// Every address of the machine: 0.0.0.0 or ::.
    var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }

    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
}
