import CLinux
import Glibc

/// Names of hosts → addresses. Looking one up takes as long as the name servers take: not for a loop's thread.
public enum Resolver {
    /// Why a name has no address, in words a user can act on.
    public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        public let host: String
        public let reason: String

        public init(host: String, reason: String) {
            self.host = host
            self.reason = reason
        }

        public var description: String { "cannot find the address of \(host): \(reason)" }
    }

    /// The addresses of `host` in the order in which to try them; at once for a numeric one, otherwise it blocks.
    public static func addresses(of host: String, port: UInt16) throws(Failure) -> [SocketAddress] {
        if let address = SocketAddress(host, port: port) { return [address] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(host, nil, &hints, &first)
        guard result == 0 else {
            throw Failure(
                host: host, reason: result == EAI_SYSTEM ? String(cString: strerror(errno)) : String(cString: gai_strerror(result)))
        }
        defer { freeaddrinfo(first) }
        var addresses: [SocketAddress] = []
        var next = first
        while let entry = next {
            if let address = SocketAddress(entry.pointee, port: port), !addresses.contains(address) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw Failure(host: host, reason: "it has no IPv4 or IPv6 address") }
        return addresses
    }

    /// Whether `addresses` answers at once.
    public static func isNumeric(_ host: String) -> Bool { SocketAddress(host) != nil }
}

extension SocketAddress {
    fileprivate init?(_ entry: addrinfo, port: UInt16) {
        guard let address = entry.ai_addr, Int(entry.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size else { return nil }
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: UnsafeRawPointer(address), count: Int(entry.ai_addrlen)))
        }
        self.init(storage)
        self.port = port
    }
}
