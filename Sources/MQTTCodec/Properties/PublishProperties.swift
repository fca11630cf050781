import Primitives

/// What the data path does with the property bytes of a PUBLISH, without making values of them.
public enum PublishProperties {
    /// Copies from `raw` what is forwarded unaltered and in its order, and returns its length: all but
    /// Message Expiry Interval, Topic Alias and Subscription Identifier
    /// [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20].
    ///
    /// `raw` has been checked by the decoder; `buffer` has room for as many bytes.
    @inlinable
    public static func forwardable(_ raw: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawPointer) -> Int {
        var reader = ByteReader(raw)
        var written = 0
        while let length = nextLength(&reader) {
            guard let property = reader.bytes(length), let start = property.baseAddress else { break }
            switch property[0] {
            case 0x02, 0x0B, 0x23: continue
            default:
                (buffer + written).copyMemory(from: start, byteCount: length)
                written &+= length
            }
        }
        return written
    }

    /// Whether these bytes, of which nothing is known, are properties that are forwarded unaltered, and none that are not.
    public static func areForwardable(_ raw: UnsafeRawBufferPointer) -> Bool {
        all(raw) { $0 != .messageExpiryInterval && $0 != .topicAlias && $0 != .subscriptionIdentifier }
    }

    /// Whether these bytes, of which nothing is known, are Subscription Identifiers.
    public static func areSubscriptionIdentifiers(_ raw: UnsafeRawBufferPointer) -> Bool {
        all(raw) { $0 == .subscriptionIdentifier }
    }

    private static func all(_ raw: UnsafeRawBufferPointer, are belong: (PropertyIdentifier) -> Bool) -> Bool {
        if raw.isEmpty { return true }
        var properties = PropertyReader(raw, in: .publish(from: .server), controlCharactersAllowed: true)
        do throws(MalformedPacket) {
            while let property = try properties.next() {
                guard belong(property.identifier) else { return false }
            }
            return true
        } catch {
            return false
        }
    }

    /// The length of the property in front of `reader`, its identifier included; nil at the end.
    @inlinable static func nextLength(_ reader: inout ByteReader) -> Int? {
        var ahead = reader
        guard let identifier = ahead.uint8() else { return nil }
        switch identifier {
        case 0x01: return 2
        case 0x23: return 3
        case 0x02: return 5
        case 0x0B:
            let start = ahead.offset
            guard case .value = VariableByteInteger.read(&ahead) else { return nil }
            return 1 &+ ahead.offset &- start
        case 0x26:
            guard let name = ahead.uint16(), ahead.bytes(Int(name)) != nil, let value = ahead.uint16() else {
                return nil
            }
            return 5 &+ Int(name) &+ Int(value)
        default:
            guard let length = ahead.uint16() else { return nil }
            return 3 &+ Int(length)
        }
    }
}
