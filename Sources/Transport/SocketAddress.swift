import Glibc

/// An IPv4 or IPv6 address with its port, in 24 bytes.
///
/// An IPv4 peer that came through an IPv6 socket (`::ffff:a.b.c.d`) is an IPv4 address here.
public struct SocketAddress: Hashable, BitwiseCopyable, Sendable {
    private var high: UInt64
    private var low: UInt64
    private var scope: UInt32
    public var port: UInt16
    public let family: Family

    /// The version of the Internet Protocol.
    public enum Family: UInt8, BitwiseCopyable, Sendable { case ipv4, ipv6 }

    /// The IPv4 address `a.b.c.d`, its first byte the most significant.
    public init(ipv4 address: UInt32, port: UInt16) {
        self.init(high: 0, low: UInt64(address), scope: 0, port: port, family: .ipv4)
    }

    private init(high: UInt64, low: UInt64, scope: UInt32, port: UInt16, family: Family) {
        self.high = high
        self.low = low
        self.scope = scope
        self.port = port
        self.family = family
    }

    private init(_ address: in6_addr, scope: UInt32, port: UInt16) {
        let (high, low) = withUnsafeBytes(of: address) {
            (
                UInt64(bigEndian: $0.load(as: UInt64.self)),
                UInt64(bigEndian: $0.load(fromByteOffset: 8, as: UInt64.self))
            )
        }
        if high == 0, low >> 32 == 0xFFFF {
            self.init(ipv4: UInt32(truncatingIfNeeded: low), port: port)
        } else {
            self.init(high: high, low: low, scope: scope, port: port, family: .ipv6)
        }
    }

    /// true for 127.0.0.0/8 and ::1: only this machine can reach it.
    public var isLoopback: Bool {
        switch family {
        case .ipv4: low >> 24 == 127
        case .ipv6: high == 0 && low == 1
        }
    }

    /// true for 0.0.0.0 and ::, which stand for every address of the machine.
    public var isUnspecified: Bool { high == 0 && low == 0 }
}

// MARK: Text

extension SocketAddress: CustomStringConvertible {
    /// Reads `127.0.0.1`, `127.0.0.1:1883`, `::1`, `[::1]`, `[::1]:1883`, `fe80::1%eth0`; nil for anything else.
    ///
    /// `port` is used where the text names none. Names are not resolved.
    public init?(_ text: String, port: UInt16 = 0) {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let rest = text[text.index(after: end)...]
            guard let port = rest.isEmpty ? port : Self.port(after: rest) else { return nil }
            self.init(ipv6: text[text.index(after: text.startIndex)..<end], port: port)
        } else if let colon = text.firstIndex(of: ":") {
            if text[text.index(after: colon)...].contains(":") {
                self.init(ipv6: text[...], port: port)
            } else {
                guard let port = Self.port(after: text[colon...]) else { return nil }
                self.init(ipv4: text[..<colon], port: port)
            }
        } else {
            self.init(ipv4: text[...], port: port)
        }
    }

    private static func port(after text: Substring) -> UInt16? {
        let digits = text.dropFirst()
        guard text.first == ":", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt16(digits)
    }

    private init?(ipv4 text: Substring, port: UInt16) {
        var address = in_addr()
        guard inet_pton(AF_INET, String(text), &address) == 1 else { return nil }
        self.init(ipv4: UInt32(bigEndian: address.s_addr), port: port)
    }

    private init?(ipv6 text: Substring, port: UInt16) {
        var address = in6_addr()
        var scope: UInt32 = 0
        let percent = text.firstIndex(of: "%") ?? text.endIndex
        if percent < text.endIndex {
            let zone = String(text[percent...].dropFirst())
            scope = UInt32(zone) ?? if_nametoindex(zone)
            guard scope != 0 else { return nil }
        }
        guard inet_pton(AF_INET6, String(text[..<percent]), &address) == 1 else { return nil }
        self.init(address, scope: scope, port: port)
    }

    /// The address without its port, such as `127.0.0.1` or `::1`.
    public var host: String {
        switch family {
        case .ipv4:
            return "\(low >> 24).\(low >> 16 & 255).\(low >> 8 & 255).\(low & 255)"
        case .ipv6:
            var address = ipv6
            let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
                inet_ntop(AF_INET6, &address, buffer.baseAddress, socklen_t(buffer.count)).map { String(cString: $0) }
            }
            return (text ?? "") + (scope == 0 ? "" : "%\(scope)")
        }
    }

    /// `127.0.0.1:1883` or `[::1]:1883`.
    public var description: String { family == .ipv4 ? "\(host):\(port)" : "[\(host)]:\(port)" }

    private var ipv6: in6_addr {
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) {
            $0.storeBytes(of: high.bigEndian, as: UInt64.self)
            $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return address
    }
}

// MARK: The kernel's form

extension SocketAddress {
    /// nil for a family that is neither IPv4 nor IPv6.
    init?(_ storage: sockaddr_storage) {
        let read = withUnsafeBytes(of: storage) { bytes -> SocketAddress? in
            switch Int32(storage.ss_family) {
            case AF_INET:
                let address = bytes.load(as: sockaddr_in.self)
                return SocketAddress(
                    ipv4: UInt32(bigEndian: address.sin_addr.s_addr), port: UInt16(bigEndian: address.sin_port))
            case AF_INET6:
                let address = bytes.load(as: sockaddr_in6.self)
                return SocketAddress(
                    address.sin6_addr, scope: address.sin6_scope_id, port: UInt16(bigEndian: address.sin6_port))
            default:
                return nil
            }
        }
        guard let read else { return nil }
        self = read
    }

    /// Asks a system call for an address; nil when it fails.
    init?(_ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, &length) }
        }
        guard result == 0 else { return nil }
        self.init(storage)
    }

    var domain: Int32 { family == .ipv4 ? AF_INET : AF_INET6 }

    /// Hands the address to a system call.
    func withSockaddr<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var storage = sockaddr_storage()
        let length = withUnsafeMutableBytes(of: &storage) { bytes -> Int in
            switch family {
            case .ipv4:
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = port.bigEndian
                address.sin_addr.s_addr = UInt32(truncatingIfNeeded: low).bigEndian
                bytes.storeBytes(of: address, as: sockaddr_in.self)
                return MemoryLayout<sockaddr_in>.size
            case .ipv6:
                var address = sockaddr_in6()
                address.sin6_family = sa_family_t(AF_INET6)
                address.sin6_port = port.bigEndian
                address.sin6_addr = ipv6
                address.sin6_scope_id = scope
                bytes.storeBytes(of: address, as: sockaddr_in6.self)
                return MemoryLayout<sockaddr_in6>.size
            }
        }
        return withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }
}
