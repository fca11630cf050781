import Testing

@testable import martlet

@Suite("Client Identifiers that look generated")
struct GeneratedIdentifierTests {
    @Test(
        "Identifiers that nobody chose, and those somebody did",
        arguments: [
            ("auto-abcdefghijklmnop", true), ("mosq-9sdfUASDkjh23", true), ("mqttjs_a1b2c3d4", true), ("paho1234567890", true),
            ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", true), ("client-F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", true),
            ("app_0123456789abcdef", true), ("sensor-a4cf12b3c4d5", false), ("0123456789012345678", false), ("kitchen", false),
            ("auto-", false), ("facadefacadeface", false),
        ])
    func generated(clientID: String, isGenerated: Bool) {
        #expect(GeneratedIdentifier.isLikely(Array(clientID.utf8)) == isGenerated)
    }
}
