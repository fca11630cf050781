/// Where a broker is.
public struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    /// A name, or a numeric IPv4 or IPv6 address without brackets.
    public var host: String
    public var port: UInt16

    public init(host: String, port: UInt16 = 1883) {
        self.host = host
        self.port = port
    }

    /// `host:port`, with brackets around an IPv6 address.
    public var description: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
