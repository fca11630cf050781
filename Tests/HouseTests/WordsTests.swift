import Foundation
import Testing

@Suite("Words that do not enter the house")
struct WordsTests {
    @Test("Sources crash on nobody's mistake and leave nothing for later")
    func sources() throws {
        let code = [
            #"\btry!"#, #"\bas!"#, #"\bfatalError\("#,
            #"[\w)\]}>]!(?![=])"#,  // a forced or implicitly unwrapped optional
        ]
        for file in try SwiftSource.all(in: "Sources") + SwiftSource.all(in: "Benchmarks") {
            for pattern in code {
                let found = file.code.lines(with: pattern)
                #expect(found.isEmpty, "\(file.path):\(found.joined(separator: "\n"))")
            }
        }
        for path in Repository.files(in: "Sources", "swift", "c", "h", "cpp", "hpp") {
            let found = try Repository.text(path).lines(with: #"\b(?:TODO|FIXME|XXX)\b"#)
            #expect(found.isEmpty, "\(path):\(found.joined(separator: "\n"))")
        }
    }

    @Test("Tests never sleep: time is advanced, or what is waited for is waited for")
    func tests() throws {
        for file in try SwiftSource.all(in: "Tests") {
            let found = file.code.lines(with: #"\b(?:u|nano)?sleep\b|\bTask\.sleep\b"#)
            #expect(found.isEmpty, "\(file.path):\(found.joined(separator: "\n"))")
        }
        for path in Repository.files(in: "Tests", "py", "sh", "c") {
            let found = try Repository.text(path).lines(with: #"\bu?sleep\s*\(|^\s*sleep\s+[\d$]"#)
            #expect(found.isEmpty, "\(path):\(found.joined(separator: "\n"))")
        }
    }

    @Test("The text speaks of the broker, and of no machine it was written on")
    func text() throws {
        let banned =
            #"(?i)\b(?:claude|anthropic|openai|chatgpt|copilot|ai[ -](?:agent|assistant|generated)|language model|llm|prompt engineering)\b"#
            + #"|\bsession of (?:work|the project)\b|\bco-authored-by\b|(?<![\w.])/(?:work|root|home/\w+)/"#
        let own = "Tests/HouseTests/WordsTests.swift"
        for path in Repository.everyTextFile() where path != own {
            guard let text = try? Repository.text(path) else { continue }
            let found = text.lines(with: banned)
            #expect(found.isEmpty, "\(path):\(found.joined(separator: "\n"))")
        }
    }
}
