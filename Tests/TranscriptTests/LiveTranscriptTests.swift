import Testing

@Suite("Transcripts against a live broker, over sockets", .serialized)
struct LiveTranscriptTests {
    @Test("plays every scenario", arguments: TranscriptFiles.runs)
    func plays(run: ScenarioRun) throws {
        let host = try LiveHost(settings: run.scenario.settings)
        defer { host.end() }
        try TranscriptPlayer.play(run, on: host)
    }
}
