import MQTTCodec

/// How it stands with the connection. `MQTTClient.states` tells each change.
public enum ConnectionState: Sendable, Hashable {
    /// Trying; the first attempt after a start or a loss is number 1.
    case connecting(ServerAddress, attempt: Int)
    case connected(ConnectionInfo)
    /// Lost, refused or not to be had; tried again after `retryAfter`.
    case disconnected(MQTTClientError, retryAfter: Duration)
    /// Over: `nil` as asked, otherwise why. Nothing follows.
    case stopped(MQTTClientError?)
}

/// What the broker said in CONNACK, with the standard's defaults for what it did not say.
public struct ConnectionInfo: Sendable, Hashable {
    public var server: ServerAddress
    /// The broker has kept the Session; otherwise subscriptions are made again.
    public var sessionPresent: Bool
    /// Ours, or the one the broker assigned.
    public var clientID: String
    /// Seconds, the broker's where it named one; 0: none.
    public var keepAliveSeconds: UInt16
    /// Seconds the Session outlives the connection; 4,294,967,295: for ever; nil: 3.1.1, where the broker decides.
    public var sessionExpirySeconds: UInt32?
    public var maximumQoS: QoS
    public var retainAvailable: Bool
    /// Bytes.
    public var maximumPacketSize: UInt32
    public var receiveMaximum: UInt16
    public var topicAliasMaximum: UInt16
    public var wildcardSubscriptionAvailable: Bool
    public var subscriptionIdentifiersAvailable: Bool
    public var sharedSubscriptionAvailable: Bool
    /// A hint where to have responses sent, if the broker gives one.
    public var responseInformation: String?
    public var userProperties: [UserProperty]
}
