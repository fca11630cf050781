import Testing

@Suite("Transcripts against the core, in virtual time")
struct CoreTranscriptTests {
    @Test("plays every scenario", arguments: TranscriptFiles.runs)
    func plays(run: ScenarioRun) throws {
        try TranscriptPlayer.play(run, on: CoreHost(settings: run.scenario.settings))
    }
}
