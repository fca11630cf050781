import Testing

@Suite("Transcripts against a live broker, over sockets")
struct LiveTranscriptTests {
    @Test("plays every scenario", arguments: TranscriptFiles.runs)
    func plays(run: ScenarioRun) throws {
        let host = try LiveHost(settings: run.scenario.settings)
        defer { host.end() }
        try TranscriptPlayer.play(run, on: host)
    }

    @Test("plays every scenario the same with three loops", arguments: TranscriptFiles.runs)
    func playsWithLoops(run: ScenarioRun) throws {
        // Another placement of the clients for every scenario, the same one each time.
        let host = try LiveHost(settings: run.scenario.settings, loops: 3, hashSeed: UInt64(run.scenario.line))
        defer { host.end() }
        try TranscriptPlayer.play(run, on: host)
    }
}
