import Transport

/// A listening socket with the configuration it was opened for; every shard accepts from it.
final class OpenListener: Sendable {
    let socket: Listener
    let configuration: ListenerConfiguration

    init(_ configuration: ListenerConfiguration) throws(TransportError) {
        self.configuration = configuration
        guard let address = SocketAddress(configuration.address, port: configuration.port) else {
            throw .system(call: "listen on \(configuration.name)", errno: 22)
        }
        var options = Listener.Options()
        if configuration.tcpKeepAliveSeconds > 0 {
            var keepAlive = Listener.TCPKeepAlive()
            keepAlive.idleSeconds = Int32(clamping: configuration.tcpKeepAliveSeconds)
            options.keepAlive = keepAlive
        } else {
            options.keepAlive = nil
        }
        socket = try Listener(on: address, options: options)
    }
}
