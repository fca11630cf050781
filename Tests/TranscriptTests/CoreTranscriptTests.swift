import Testing

@Suite("Transcripts against the core, in virtual time")
struct CoreTranscriptTests {
    @Test("plays every scenario", arguments: TranscriptFiles.runs)
    func plays(run: ScenarioRun) throws {
        try TranscriptPlayer.play(run, on: CoreHost(settings: run.scenario.settings))
    }

    @Test("plays every scenario the same with two and three shards", arguments: TranscriptFiles.runs, [2, 3])
    func playsWithShards(run: ScenarioRun, shards: Int) throws {
        // Another placement of the clients for every scenario, the same one each time.
        let host = CoreHost(settings: run.scenario.settings, shards: shards, hashSeed: UInt64(run.scenario.line))
        try TranscriptPlayer.play(run, on: host)
    }

    @Test("plays every scenario the same when each byte arrives alone", arguments: TranscriptFiles.runs)
    func playsByteByByte(run: ScenarioRun) throws {
        try TranscriptPlayer.play(run, on: CoreHost(settings: run.scenario.settings, arrival: .byteByByte))
    }

    @Test("plays every scenario the same when lines arrive together", arguments: TranscriptFiles.runs)
    func playsTogether(run: ScenarioRun) throws {
        try TranscriptPlayer.play(run, on: CoreHost(settings: run.scenario.settings, arrival: .together))
    }
}
