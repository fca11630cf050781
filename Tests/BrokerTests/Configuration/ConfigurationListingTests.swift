import Testing

@testable import Broker

@Suite struct ConfigurationListingTests {
    private let listing: ConfigurationListing

    init() throws {
        let overrides = [ConfigurationOverride(flag: "--port", key: "listener.port", value: "7")]
        let text = "[limits]\npacket_bytes = 1024\n[log]\nlevel = \"debug\""
        listing = ConfigurationListing(try EffectiveConfiguration(text: Array(text.utf8), path: "a \"b\".toml", overrides: overrides))
    }

    @Test("The table has every key with value, origin and what a change needs")
    func text() {
        let lines = listing.text.split(separator: "\n").map { $0.split(separator: "  ").map { $0.drop { $0 == " " } } }
        #expect(lines.count == 1 + BrokerSettings.all.count + ListenerSettings.all.count)
        #expect(lines.contains(["limits.packet_bytes", "\"1KiB\"", "a \"b\".toml:2:1", "for new connections"]))
        #expect(lines.contains(["listener[0].port", "7", "--port", "after a restart"]))
        #expect(lines.contains(["limits.connections", "100000", "default", "live"]))
    }

    @Test("JSON has the same rows, with plain numbers and escaped names")
    func json() {
        let lines = listing.json.split(separator: "\n")
        #expect(lines.count == 2 + BrokerSettings.all.count + ListenerSettings.all.count)
        let row = #"{"key":"limits.packet_bytes","value":1024,"origin":"file","file":"a \"b\".toml","line":2,"change":"new connections"},"#
        #expect(lines.contains { $0 == row })
        #expect(
            lines.contains { $0 == #"{"key":"listener[0].port","value":7,"origin":"command line","flag":"--port","change":"restart"},"# })
    }
}
