/// What differs between the configuration a broker runs with and the one it was given now.
public struct ConfigurationChanges: Hashable, Sendable {
    /// Keys that take effect at once, `limits.connections` or `listener[0].anonymous`; numbers are those of the running broker.
    public private(set) var live: [String] = []
    /// Keys that take effect for connections made from now on.
    public private(set) var newConnections: [String] = []
    /// Keys, and whole listeners, that wait for a restart.
    public private(set) var restart: [String] = []
    /// The running configuration with everything that does not need a restart.
    public private(set) var applied: BrokerConfiguration

    /// Listeners are the same if address and port are.
    public init(from running: BrokerConfiguration, to wanted: BrokerConfiguration) {
        applied = running
        take(BrokerSettings.all, prefix: "", from: running, to: wanted, into: \.self)
        for (index, listener) in running.listeners.enumerated() {
            if let other = wanted.listeners.first(where: listener.hasSamePlace) {
                take(ListenerSettings.all, prefix: "listener[\(index)].", from: listener, to: other, into: \.listeners[index])
            } else {
                restart.append("listener[\(index)] (closes \(Self.place(listener)))")
            }
        }
        for added in wanted.listeners where !running.listeners.contains(where: added.hasSamePlace) {
            restart.append("listener (opens \(Self.place(added)))")
        }
    }

    public var isEmpty: Bool { live.isEmpty && newConnections.isEmpty && restart.isEmpty }

    /// What the log says of them.
    var logFields: [LogField] {
        if isEmpty { return [.reason("nothing changed")] }
        let kinds = [("live", live), ("new_connections", newConnections), ("needs_restart", restart)]
        return kinds.filter { !$0.1.isEmpty }.map { .text($0.0, $0.1.joined(separator: ", ")) }
    }

    private mutating func take<Target>(
        _ settings: [Setting<Target>], prefix: String, from running: Target, to wanted: Target,
        into path: WritableKeyPath<BrokerConfiguration, Target>
    ) {
        for setting in settings where setting.read(running) != setting.read(wanted) {
            switch setting.change {
            case .live: live.append(prefix + setting.key)
            case .newConnections: newConnections.append(prefix + setting.key)
            case .restart: restart.append(prefix + setting.key)
            }
            if setting.change != .restart { setting.write(&applied[keyPath: path], setting.read(wanted)) }
        }
    }

    private static func place(_ listener: ListenerConfiguration) -> String {
        ListenerConfiguration.name(address: listener.address, port: listener.port)
    }
}

extension ListenerConfiguration {
    func hasSamePlace(as other: ListenerConfiguration) -> Bool { address == other.address && port == other.port }
}
