/// `mqtt://user:password@host:port/topic`.
public struct MQTTURL: Sendable, Hashable {
    public var server: ServerAddress
    public var userName: String?
    public var password: [UInt8]?
    /// What follows the host, without the first slash, percent-decoded; nil: nothing.
    public var topic: String?

    /// Reads a URL. User, password, host and topic may be percent-encoded; a numeric IPv6 address stands in brackets. Everything behind the
    /// first slash is the topic, so that a Topic Filter needs no encoding of `+`, `#` and `?`.
    ///
    /// - Throws: `MQTTClientError.invalidURL` with what was expected
    public init(_ text: String) throws(MQTTClientError) {
        let reader = Reader(text: text)
        let (authority, path) = try reader.split()
        let at = authority.lastIndex(of: "@")
        if let at { (userName, password) = try reader.identity(authority[..<at]) }
        server = try reader.server(authority[(at.map(authority.index(after:)) ?? authority.startIndex)...])
        topic = path.isEmpty ? nil : try reader.text(path, "topic")
    }
}

extension MQTTURL {
    private struct Reader {
        let text: String

        func split() throws(MQTTClientError) -> (authority: Substring, path: Substring) {
            guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
                throw wrong("mqtt://HOST[:PORT][/TOPIC]")
            }
            let scheme = text[..<colon].lowercased()
            if ["mqtts", "ws", "wss"].contains(scheme) { throw wrong("mqtt://: this version speaks no \(scheme)://") }
            guard scheme == "mqtt" else { throw wrong("mqtt:// at the beginning") }
            let rest = text[colon...].dropFirst(3)
            guard let slash = rest.firstIndex(of: "/") else { return (rest, "") }
            return (rest[..<slash], rest[slash...].dropFirst())
        }

        func identity(_ part: Substring) throws(MQTTClientError) -> (String?, [UInt8]?) {
            let colon = part.firstIndex(of: ":")
            let name = part[..<(colon ?? part.endIndex)]
            let password = try colon.map { colon throws(MQTTClientError) in try bytes(part[colon...].dropFirst(), "password") }
            return (name.isEmpty ? nil : try text(name, "user"), password)
        }

        func server(_ part: Substring) throws(MQTTClientError) -> ServerAddress {
            let host: Substring
            let rest: Substring
            if part.first == "[" {
                guard let end = part.firstIndex(of: "]") else { throw wrong("] behind the IPv6 address") }
                host = part[..<end].dropFirst()
                rest = part[end...].dropFirst()
            } else {
                let colon = part.firstIndex(of: ":") ?? part.endIndex
                host = part[..<colon]
                rest = part[colon...]
                if rest.dropFirst().contains(":") { throw wrong("an IPv6 address in brackets: mqtt://[::1]:1883") }
            }
            guard !host.isEmpty else { throw wrong("a host behind mqtt://") }
            let name = try text(host, "host")
            guard !rest.isEmpty else { return ServerAddress(host: name) }
            guard rest.first == ":", let port = UInt16(rest.dropFirst()), port > 0, rest.dropFirst().first != "+" else {
                throw wrong("a port from 1 to 65535 behind the host")
            }
            return ServerAddress(host: name, port: port)
        }

        func text(_ part: Substring, _ name: String) throws(MQTTClientError) -> String {
            guard let text = String(validating: try bytes(part, name), as: UTF8.self) else { throw wrong("UTF-8 in the \(name)") }
            return text
        }

        /// Percent-decoded.
        func bytes(_ part: Substring, _ name: String) throws(MQTTClientError) -> [UInt8] {
            var rest = part.utf8[...]
            var result: [UInt8] = []
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "%") else {
                    result.append(byte)
                    continue
                }
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    throw wrong("two hexadecimal digits behind % in the \(name) (% itself is %25)")
                }
                result.append(high << 4 | low)
            }
            return result
        }

        private func digit(_ byte: UInt8) -> UInt8? { Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) } }

        /// The URL as it may be shown: without the password.
        private func wrong(_ expected: String) -> MQTTClientError {
            guard let at = text.lastIndex(of: "@"), let scheme = text.firstIndex(of: ":"),
                let colon = text[scheme..<at].dropFirst().firstIndex(of: ":")
            else { return .invalidURL(text, expected: expected) }
            return .invalidURL(text[..<colon] + ":..." + text[at...], expected: expected)
        }
    }
}
