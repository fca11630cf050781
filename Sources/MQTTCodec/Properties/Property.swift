/// A property of MQTT 5.0 with its value [MQTT5 §2.2.2.2].
public enum Property: Hashable, Sendable {
    case payloadFormatIndicator(UInt8)
    case messageExpiryInterval(seconds: UInt32)
    case contentType(UTF8Text)
    case responseTopic(UTF8Text)
    case correlationData([UInt8])
    case subscriptionIdentifier(UInt32)
    case sessionExpiryInterval(seconds: UInt32)
    case assignedClientIdentifier(UTF8Text)
    case serverKeepAlive(seconds: UInt16)
    case authenticationMethod(UTF8Text)
    case authenticationData([UInt8])
    case requestProblemInformation(Bool)
    case willDelayInterval(seconds: UInt32)
    case requestResponseInformation(Bool)
    case responseInformation(UTF8Text)
    case serverReference(UTF8Text)
    case reasonString(UTF8Text)
    case receiveMaximum(UInt16)
    case topicAliasMaximum(UInt16)
    case topicAlias(UInt16)
    case maximumQoS(UInt8)
    case retainAvailable(Bool)
    case userProperty(UTF8Text, UTF8Text)
    case maximumPacketSize(UInt32)
    case wildcardSubscriptionAvailable(Bool)
    case subscriptionIdentifierAvailable(Bool)
    case sharedSubscriptionAvailable(Bool)

    /// The number it bears on the wire.
    public var identifier: PropertyIdentifier {
        switch self {
        case .payloadFormatIndicator: .payloadFormatIndicator
        case .messageExpiryInterval: .messageExpiryInterval
        case .contentType: .contentType
        case .responseTopic: .responseTopic
        case .correlationData: .correlationData
        case .subscriptionIdentifier: .subscriptionIdentifier
        case .sessionExpiryInterval: .sessionExpiryInterval
        case .assignedClientIdentifier: .assignedClientIdentifier
        case .serverKeepAlive: .serverKeepAlive
        case .authenticationMethod: .authenticationMethod
        case .authenticationData: .authenticationData
        case .requestProblemInformation: .requestProblemInformation
        case .willDelayInterval: .willDelayInterval
        case .requestResponseInformation: .requestResponseInformation
        case .responseInformation: .responseInformation
        case .serverReference: .serverReference
        case .reasonString: .reasonString
        case .receiveMaximum: .receiveMaximum
        case .topicAliasMaximum: .topicAliasMaximum
        case .topicAlias: .topicAlias
        case .maximumQoS: .maximumQoS
        case .retainAvailable: .retainAvailable
        case .userProperty: .userProperty
        case .maximumPacketSize: .maximumPacketSize
        case .wildcardSubscriptionAvailable: .wildcardSubscriptionAvailable
        case .subscriptionIdentifierAvailable: .subscriptionIdentifierAvailable
        case .sharedSubscriptionAvailable: .sharedSubscriptionAvailable
        }
    }

    init(_ raw: PropertyReader.Raw) {
        let number = raw.number
        let short = UInt16(truncatingIfNeeded: number)
        let isOn = number == 1
        var text: UTF8Text { UTF8Text(unchecked: Array(raw.bytes)) }
        self =
            switch raw.identifier {
            case .payloadFormatIndicator: .payloadFormatIndicator(UInt8(truncatingIfNeeded: number))
            case .messageExpiryInterval: .messageExpiryInterval(seconds: number)
            case .contentType: .contentType(text)
            case .responseTopic: .responseTopic(text)
            case .correlationData: .correlationData(Array(raw.bytes))
            case .subscriptionIdentifier: .subscriptionIdentifier(number)
            case .sessionExpiryInterval: .sessionExpiryInterval(seconds: number)
            case .assignedClientIdentifier: .assignedClientIdentifier(text)
            case .serverKeepAlive: .serverKeepAlive(seconds: short)
            case .authenticationMethod: .authenticationMethod(text)
            case .authenticationData: .authenticationData(Array(raw.bytes))
            case .requestProblemInformation: .requestProblemInformation(isOn)
            case .willDelayInterval: .willDelayInterval(seconds: number)
            case .requestResponseInformation: .requestResponseInformation(isOn)
            case .responseInformation: .responseInformation(text)
            case .serverReference: .serverReference(text)
            case .reasonString: .reasonString(text)
            case .receiveMaximum: .receiveMaximum(short)
            case .topicAliasMaximum: .topicAliasMaximum(short)
            case .topicAlias: .topicAlias(short)
            case .maximumQoS: .maximumQoS(UInt8(truncatingIfNeeded: number))
            case .retainAvailable: .retainAvailable(isOn)
            case .userProperty: .userProperty(text, UTF8Text(unchecked: Array(raw.second)))
            case .maximumPacketSize: .maximumPacketSize(number)
            case .wildcardSubscriptionAvailable: .wildcardSubscriptionAvailable(isOn)
            case .subscriptionIdentifierAvailable: .subscriptionIdentifierAvailable(isOn)
            case .sharedSubscriptionAvailable: .sharedSubscriptionAvailable(isOn)
            }
    }

    func write(to sink: inout some ByteSink & ~Copyable) {
        sink.append(identifier.rawValue)
        switch self {
        case .payloadFormatIndicator(let value), .maximumQoS(let value):
            sink.append(value)
        case .requestProblemInformation(let isOn), .requestResponseInformation(let isOn), .retainAvailable(let isOn),
            .wildcardSubscriptionAvailable(let isOn), .subscriptionIdentifierAvailable(let isOn),
            .sharedSubscriptionAvailable(let isOn):
            sink.append(isOn ? 1 : 0 as UInt8)
        case .serverKeepAlive(let value), .receiveMaximum(let value), .topicAliasMaximum(let value),
            .topicAlias(let value):
            sink.append(value)
        case .messageExpiryInterval(let value), .sessionExpiryInterval(let value), .willDelayInterval(let value),
            .maximumPacketSize(let value):
            sink.append(value)
        case .subscriptionIdentifier(let value):
            sink.append(variable: Int(value))
        case .contentType(let text), .responseTopic(let text), .assignedClientIdentifier(let text),
            .authenticationMethod(let text), .responseInformation(let text), .serverReference(let text),
            .reasonString(let text):
            sink.append(text)
        case .correlationData(let bytes), .authenticationData(let bytes):
            sink.append(lengthPrefixed: bytes)
        case .userProperty(let name, let value):
            sink.append(name)
            sink.append(value)
        }
    }
}
