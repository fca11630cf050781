import Testing

@Suite("Transcript files")
struct TranscriptFileTests {
    @Test("every transcript can be read", arguments: TranscriptFiles.files)
    func everyTranscriptCanBeRead(file: String) throws {
        let scenarios = try TranscriptFiles.scenarios(of: file)
        #expect(!scenarios.isEmpty)
        for scenario in scenarios {
            #expect(!scenario.versions.isEmpty, "\(scenario.file):\(scenario.line)")
            #expect(!scenario.steps.isEmpty, "\(scenario.file):\(scenario.line)")
        }
    }

    @Test("no two scenarios have the same title")
    func titlesAreUnique() throws {
        var seen: Set<String> = []
        for run in TranscriptFiles.runs where run.version == run.scenario.versions.first {
            #expect(seen.insert(run.scenario.title).inserted, "\(run)")
        }
    }
}
