import Glibc
import Testing

@testable import Broker

/// `UPDATE_DOCUMENTATION=1 swift test --filter ConfigurationDocumentationTests` writes the two files.
@Suite struct ConfigurationDocumentationTests {
    @Test(
        "The documentation says what the broker accepts",
        arguments: [
            ("martletd.example.toml", ConfigurationDocumentation.exampleFile), ("Configuration.md", ConfigurationDocumentation.page),
        ])
    func filesAreCurrent(name: String, text: String) throws {
        let path =
            #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/") + "/Documentation/" + name
        if getenv("UPDATE_DOCUMENTATION") != nil {
            let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            try #require(descriptor >= 0)
            #expect(write(descriptor, text, text.utf8.count) == text.utf8.count)
            close(descriptor)
        }
        #expect(try ConfigurationFile.read(path) == Array(text.utf8), "run this test with UPDATE_DOCUMENTATION=1")
    }

    @Test("The example, with every key uncommented, is the default configuration")
    func exampleIsDefault() throws {
        let lines = ConfigurationDocumentation.exampleFile.split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.map { $0.hasPrefix("#") && !$0.hasPrefix("# ") ? $0.dropFirst() : $0 }.joined(separator: "\n")
        let effective = try EffectiveConfiguration(text: Array(text.utf8), path: "example")
        var expected = BrokerConfiguration()
        expected.loops = 4  // The machine's; what is shown is an example.
        #expect(effective.configuration == expected)
        #expect(effective.origins.count == BrokerSettings.all.count + ListenerSettings.all.count)
    }
}
