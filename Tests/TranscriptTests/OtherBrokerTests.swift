import BrokerCore
import Foundation
import Testing

/// The transcripts against a broker nobody here wrote: a check of the transcripts, not of Martlet.
///
///     TRANSCRIPT_BROKER="/usr/sbin/mosquitto -p 18830" TRANSCRIPT_PORT=18830 swift test --filter OtherBrokerTests
///
/// The broker is started anew for every scenario; what needs settings or time is left out. It may differ where the
/// standard leaves a choice.
@Suite("Another broker", .enabled(if: OtherBroker.command != nil), .serialized)
struct OtherBrokerTests {
    @Test("plays the transcripts", arguments: OtherBroker.runs)
    func plays(run: ScenarioRun) throws {
        let broker = try OtherBroker()
        defer { broker.stop() }
        try TranscriptPlayer.play(run, on: try broker.host())
    }
}

private struct OtherBroker {
    static let command = ProcessInfo.processInfo.environment["TRANSCRIPT_BROKER"]?.split(separator: " ").map(String.init)
    static let port = ProcessInfo.processInfo.environment["TRANSCRIPT_PORT"].flatMap { UInt16($0) } ?? 1883

    static let runs = command == nil ? [] : TranscriptFiles.runs.filter { isPlayable($0.scenario) }

    private static func isPlayable(_ scenario: Scenario) -> Bool {
        scenario.settings == TranscriptSettings()
            && scenario.steps.allSatisfy { step in
                switch step.action {
                case .advances, .brokerStops: false
                default: true
                }
            }
    }

    private let process = Process()

    init() throws {
        let command = Self.command ?? []
        process.executableURL = URL(fileURLWithPath: command.first ?? "")
        process.arguments = Array(command.dropFirst())
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// The broker is there as soon as it accepts a connection.
    func host() throws -> SocketHost {
        for _ in 0..<1_000 {
            if let host = try? SocketHost(port: Self.port, patienceMilliseconds: 300) { return host }
            poll(nil, 0, 5)
        }
        return try SocketHost(port: Self.port)
    }

    func stop() {
        // A test process may block SIGTERM, and its children inherit that.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
