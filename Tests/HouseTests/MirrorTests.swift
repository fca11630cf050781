import Foundation
import Testing

@Suite("Tests mirror sources")
struct MirrorTests {
    private let modules = ["Primitives", "MQTTCodec", "MQTTSession", "BrokerCore"]

    /// Files with logic whose proof lies elsewhere, with where and why.
    private let elsewhere: [String: String] = [
        "Sources/BrokerCore/Tick/NetworkPort.swift": "a protocol; the harness of BrokerCoreTests and the broker's sockets stand behind it",
        "Sources/BrokerCore/Sessions/Session.swift": "state without decisions; what becomes of it is in SessionExpiryTests",
    ]

    @Test("Every source with logic has its test file at the same place")
    func mirror() throws {
        for file in try modules.flatMap({ try SwiftSource.all(in: "Sources/\($0)") }) where hasLogic(file) && elsewhere[file.path] == nil {
            let twin = file.path.replacingOccurrences(of: "Sources/\(file.module)/", with: "Tests/\(file.module)Tests/")
                .replacingOccurrences(of: ".swift", with: "Tests.swift")
            #expect(Repository.exists(twin), "\(file.path) has no \(twin), nor a reason in MirrorTests")
        }
    }

    @Test("Every exception is still one")
    func exceptions() {
        for (path, reason) in elsewhere {
            #expect(Repository.exists(path), "\(path) is gone")
            #expect(!reason.isEmpty)
        }
    }

    /// A named function, a subscript, or a property that computes more than a line.
    private func hasLogic(_ file: SwiftSource) -> Bool {
        !file.code.lines(with: #"\bfunc\s+\w|\bsubscript\b|\bvar\b[^={]*\{\s*$"#).isEmpty
    }
}
