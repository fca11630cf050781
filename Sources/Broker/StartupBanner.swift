import BrokerCore
import MQTTCodec

/// What `martletd` says on standard output once it listens: where, for whom, and how to see a first message go through.
public enum StartupBanner {
    private static func kept(_ persistence: PersistenceConfiguration) -> String {
        guard persistence.isOn else {
            return "  Nothing is kept on disk: sessions and retained messages end with this process (--data DIR keeps them).\n"
        }
        let promise =
            persistence.durability == .strict
            ? "what is acknowledged is on disk" : "what is acknowledged is on disk \(persistence.commitMilliseconds) ms later"
        return "  Sessions and messages are kept in \(persistence.directory): \(promise).\n"
    }

    /// - Parameter ports: the port each listener really has, in the order of `configuration.listeners`.
    public static func text(_ configuration: BrokerConfiguration, ports: [UInt16]) -> String {
        let listeners = zip(configuration.listeners, ports).map { listener, port in Listener(listener, port: port) }
        let header = ["ADDRESS", "PORT", "PROTOCOL", "WHO MAY CONNECT", "LIMITS"]
        let limits = configuration.options.limits
        let rows = listeners.map { listener in
            let bounds = "packets to \(ByteSize.text(limits.packetBytes)), QoS to \(listener.configuration.options.maximumQoS.rawValue)"
            return [listener.configuration.address, "\(listener.port)", listener.protocols, listener.audience, bounds]
        }
        var text = "martletd \(BrokerVersion.text)\n\n" + TextTable.text([header] + rows, indent: "  ")
        let loops = configuration.loops == 1 ? "one event loop" : "\(configuration.loops) event loops"
        text += "\n  At most \(limits.connections) connections and \(limits.sessions) sessions, on \(loops).\n"
        text += kept(configuration.persistence)
        if listeners.contains(where: { !$0.configuration.options.anonymous }) {
            text += "  To open a listener to everyone, say `anonymous = true` in its [[listener]], or --anonymous.\n"
        }
        if let first = listeners.first(where: \.configuration.options.anonymous) {
            text += """

                  A first message, in two terminals (Debian: apt install mosquitto-clients):

                    mosquitto_sub\(first.clientArguments) -t hello -v
                    mosquitto_pub\(first.clientArguments) -t hello -m world


                """
        }
        return text
    }

    private struct Listener {
        let configuration: ListenerConfiguration
        let port: UInt16

        init(_ configuration: ListenerConfiguration, port: UInt16) {
            self.configuration = configuration
            self.port = port
        }

        var protocols: String {
            let versions = ProtocolVersion.allCases.reversed().filter(configuration.options.versions.contains)
            return "MQTT " + versions.map(\.configurationName).joined(separator: ", ") + " over TCP"
        }

        var audience: String {
            let isLoopback = IPAddress(configuration.address)?.isLoopback ?? false
            return switch (configuration.options.anonymous, isLoopback) {
            case (true, true): "anyone on this machine"
            case (true, false): "ANYONE who reaches this address"
            case (false, _): "nobody (anonymous = false, and no users are known)"
            }
        }

        /// The clients' own default is `localhost`; another address has to be said.
        var clientArguments: String {
            let address = IPAddress(configuration.address)
            let isNamed = configuration.address == "127.0.0.1" || address?.isUnspecified ?? true
            return (isNamed ? "" : " -h \(configuration.address)") + " -p \(port)"
        }
    }
}
