import BrokerCore

/// One address on which clients are accepted.
public struct ListenerConfiguration: Hashable, Sendable {
    /// What log lines call this listener; `ADDRESS:PORT` unless it was given a name.
    public var name: String
    /// A numeric IPv4 or IPv6 address, without brackets.
    public var address: String
    /// 0: the system chooses a free port.
    public var port: UInt16
    /// What the clients of this listener are offered.
    public var options = ListenerOptions()
    /// Seconds a connection may be silent before the system asks whether the other end is still there; 0: it never asks.
    public var tcpKeepAliveSeconds = 60

    /// A listener that lets anonymous clients in only if they come from this machine.
    public init(address: String = "127.0.0.1", port: UInt16 = 1883) {
        self.address = address
        self.port = port
        let parsed = IPAddress(address)
        name = Self.name(address: address, port: port)
        options.anonymous = parsed?.isLoopback ?? false
    }

    /// `127.0.0.1:1883`, `[::1]:1883`.
    static func name(address: String, port: UInt16) -> String {
        address.utf8.contains(UInt8(ascii: ":")) ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
