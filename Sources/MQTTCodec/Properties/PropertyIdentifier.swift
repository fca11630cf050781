/// The properties by their number on the wire, and the one table of their rules [MQTT5 §2.2.2.2].
public enum PropertyIdentifier: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    case payloadFormatIndicator = 0x01
    case messageExpiryInterval = 0x02
    case contentType = 0x03
    case responseTopic = 0x08
    case correlationData = 0x09
    case subscriptionIdentifier = 0x0B
    case sessionExpiryInterval = 0x11
    case assignedClientIdentifier = 0x12
    case serverKeepAlive = 0x13
    case authenticationMethod = 0x15
    case authenticationData = 0x16
    case requestProblemInformation = 0x17
    case willDelayInterval = 0x18
    case requestResponseInformation = 0x19
    case responseInformation = 0x1A
    case serverReference = 0x1C
    case reasonString = 0x1F
    case receiveMaximum = 0x21
    case topicAliasMaximum = 0x22
    case topicAlias = 0x23
    case maximumQoS = 0x24
    case retainAvailable = 0x25
    case userProperty = 0x26
    case maximumPacketSize = 0x27
    case wildcardSubscriptionAvailable = 0x28
    case subscriptionIdentifierAvailable = 0x29
    case sharedSubscriptionAvailable = 0x2A

    /// How the value lies on the wire.
    public enum WireType: BitwiseCopyable, Sendable {
        /// A byte that may only be 0 or 1.
        case bit
        case twoBytes, fourBytes, variable
        case string, binary, stringPair
    }

    /// What the standard says of one property: its type, where it may stand, and whether more than once.
    public struct Rule: BitwiseCopyable, Sendable {
        public var type: WireType
        public var holders: PropertyHolders
        /// Where it may appear more than once.
        public var repeats: PropertyHolders
        /// Whether the number 0 is refused.
        public var zeroIsRefused: Bool

        @usableFromInline
        init(_ type: WireType, _ holders: PropertyHolders, repeats: PropertyHolders = [], zeroIsRefused: Bool = false) {
            self.type = type
            self.holders = holders
            self.repeats = repeats
            self.zeroIsRefused = zeroIsRefused
        }
    }

    /// Table 2-4 of the standard.
    public var rule: Rule {
        switch self {
        case .payloadFormatIndicator: Rule(.bit, [.publish, .will])
        case .messageExpiryInterval: Rule(.fourBytes, [.publish, .will])
        case .contentType: Rule(.string, [.publish, .will])
        case .responseTopic: Rule(.string, [.publish, .will])
        case .correlationData: Rule(.binary, [.publish, .will])
        // A client never sends one in PUBLISH [MQTT-3.3.4-6].
        case .subscriptionIdentifier:
            Rule(.variable, [.subscribe, .publishFromServer], repeats: .publishFromServer, zeroIsRefused: true)
        // The server never sends one in DISCONNECT [MQTT-3.14.2-2].
        case .sessionExpiryInterval: Rule(.fourBytes, [.connect, .connack, .disconnectFromClient])
        case .assignedClientIdentifier: Rule(.string, .connack)
        case .serverKeepAlive: Rule(.twoBytes, .connack)
        case .authenticationMethod: Rule(.string, [.connect, .connack, .auth])
        case .authenticationData: Rule(.binary, [.connect, .connack, .auth])
        case .requestProblemInformation: Rule(.bit, .connect)
        case .willDelayInterval: Rule(.fourBytes, .will)
        case .requestResponseInformation: Rule(.bit, .connect)
        case .responseInformation: Rule(.string, .connack)
        case .serverReference: Rule(.string, [.connack, .disconnectFromServer])
        case .reasonString: Rule(.string, [.connack, .acknowledgement, .disconnect, .auth])
        case .receiveMaximum: Rule(.twoBytes, [.connect, .connack], zeroIsRefused: true)
        case .topicAliasMaximum: Rule(.twoBytes, [.connect, .connack])
        case .topicAlias: Rule(.twoBytes, .publish, zeroIsRefused: true)
        case .maximumQoS: Rule(.bit, .connack)
        case .retainAvailable: Rule(.bit, .connack)
        case .userProperty: Rule(.stringPair, .all, repeats: .all)
        case .maximumPacketSize: Rule(.fourBytes, [.connect, .connack], zeroIsRefused: true)
        case .wildcardSubscriptionAvailable: Rule(.bit, .connack)
        case .subscriptionIdentifierAvailable: Rule(.bit, .connack)
        case .sharedSubscriptionAvailable: Rule(.bit, .connack)
        }
    }
}

/// Where properties stand: a packet, told apart by its sender where that matters, or the Will in CONNECT.
public struct PropertyHolders: OptionSet, BitwiseCopyable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static var connect: PropertyHolders { PropertyHolders(rawValue: 1 << 0) }
    public static var will: PropertyHolders { PropertyHolders(rawValue: 1 << 1) }
    public static var connack: PropertyHolders { PropertyHolders(rawValue: 1 << 2) }
    public static var publishFromClient: PropertyHolders { PropertyHolders(rawValue: 1 << 3) }
    public static var publishFromServer: PropertyHolders { PropertyHolders(rawValue: 1 << 4) }
    /// PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK.
    public static var acknowledgement: PropertyHolders { PropertyHolders(rawValue: 1 << 5) }
    public static var subscribe: PropertyHolders { PropertyHolders(rawValue: 1 << 6) }
    public static var unsubscribe: PropertyHolders { PropertyHolders(rawValue: 1 << 7) }
    public static var disconnectFromClient: PropertyHolders { PropertyHolders(rawValue: 1 << 8) }
    public static var disconnectFromServer: PropertyHolders { PropertyHolders(rawValue: 1 << 9) }
    public static var auth: PropertyHolders { PropertyHolders(rawValue: 1 << 10) }

    public static var publish: PropertyHolders { [.publishFromClient, .publishFromServer] }
    public static var disconnect: PropertyHolders { [.disconnectFromClient, .disconnectFromServer] }
    public static var all: PropertyHolders { PropertyHolders(rawValue: (1 << 11) - 1) }

    static func publish(from sender: Sender) -> PropertyHolders {
        sender == .client ? .publishFromClient : .publishFromServer
    }

    static func disconnect(from sender: Sender) -> PropertyHolders {
        sender == .client ? .disconnectFromClient : .disconnectFromServer
    }

    /// The same packet whoever sends it.
    var eitherSender: PropertyHolders {
        isSubset(of: .publish) ? .publish : isSubset(of: .disconnect) ? .disconnect : self
    }
}
