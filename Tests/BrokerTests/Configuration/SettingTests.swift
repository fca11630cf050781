import BrokerCore
import Testing

@testable import Broker

@Suite struct SettingTests {
    @Test("Every bound has its key, with the words of its field")
    func limitsAreComplete() {
        let fields = Mirror(reflecting: Limits()).children.compactMap(\.label)
        let keys = Set(BrokerSettings.all.map(\.key))
        #expect(fields.count > 20)
        for field in fields { #expect(keys.contains("limits." + snakeCase(field)), "\(field)") }
    }

    @Test("Every listener option has its key, with the words of its field")
    func listenerOptionsAreComplete() {
        let fields = Mirror(reflecting: ListenerOptions()).children.compactMap(\.label)
        let keys = Set(ListenerSettings.all.map(\.key))
        for field in fields { #expect(keys.contains(snakeCase(field)), "\(field)") }
    }

    @Test("No key stands twice")
    func keysAreUnique() {
        #expect(Set(ConfigurationKeys.all).count == ConfigurationKeys.all.count)
    }

    @Test("Every key of the broker takes its extreme values and gives them back", arguments: BrokerSettings.all.map(\.key))
    func brokerRoundTrip(key: String) throws {
        let setting = try #require(BrokerSettings.all.first { $0.key == key })
        for value in extremes(of: setting.kind) {
            let header = ConfigurationKeys.table(of: key).map { "[\($0)]\n" } ?? ""
            let text = header + "\(ConfigurationKeys.name(of: key)) = \(setting.kind.toml(value))\n"
            let effective = try EffectiveConfiguration(text: Array(text.utf8), path: "test.toml")
            #expect(setting.read(effective.configuration) == value)
            #expect(effective.origin(of: key) != .default)
            for other in BrokerSettings.all where other.key != key {
                #expect(other.read(effective.configuration) == other.read(BrokerConfiguration()), "\(other.key)")
            }
        }
    }

    @Test("Every key of a listener takes its extreme values and gives them back", arguments: ListenerSettings.all.map(\.key))
    func listenerRoundTrip(key: String) throws {
        let setting = try #require(ListenerSettings.all.first { $0.key == key })
        for value in extremes(of: setting.kind) {
            let text = "[[listener]]\n\(key) = \(setting.kind.toml(value))\n"
            let effective = try EffectiveConfiguration(text: Array(text.utf8), path: "test.toml")
            #expect(setting.read(effective.configuration.listeners[0]) == value)
            #expect(effective.origin(of: "listener[0]." + key) != .default)
        }
    }

    @Test("A default is a value its key accepts")
    func defaultsAreAccepted() throws {
        for setting in BrokerSettings.all {
            let value = setting.read(BrokerConfiguration())
            let node = try TOMLNode.parse(Array("x = \(setting.kind.toml(value))".utf8))
            guard case .table(let members) = node.content else { continue }
            #expect(setting.kind.value(of: members[0].node) == value, "\(setting.key)")
        }
    }

    private func extremes(of kind: SettingKind) -> [SettingValue] {
        switch kind {
        case .count(let range), .bytes(let range), .seconds(let range): [.number(range.lowerBound), .number(range.upperBound)]
        case .boolean: [.boolean(true), .boolean(false)]
        case .text(let maximum): [.text("a \"quoted\" \\ é"), .text(String(repeating: "x", count: maximum))]
        case .choice(let words): words.map { .text($0) }
        case .choices(let words): [.list(words)] + words.map { .list([$0]) }
        case .address: [.text("0.0.0.0"), .text("::1")]
        }
    }

    /// `clientIDBytes` is `client_id_bytes`, `maximumQoS` is `maximum_qos`.
    private func snakeCase(_ name: String) -> String {
        var result = ""
        for (previous, character) in zip([" "] + Array(name), name.replacing("QoS", with: "Qos").replacing("ID", with: "Id")) {
            if character.isUppercase, previous != " " { result += "_" }
            result += character.lowercased()
        }
        return result
    }
}
