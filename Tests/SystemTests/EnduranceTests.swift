import Foundation
import Testing

@Suite("What a client has accepted arrives")
struct EnduranceTests {
    /// A small size of `make endurance`.
    @Test(
        "Its process is killed twice, and mosquitto restarted meanwhile: QoS 1 at least once, QoS 2 exactly once, in order",
        arguments: ["martletd", "mosquitto"])
    func outbox(broker: String) throws {
        let script = Project.root.appendingPathComponent("scripts/endurance.py").path
        let run = try Program(
            "python3",
            [
                "-B", script, "--broker", broker, "--messages", "2000", "--restart-every", "0.3", "--limit", "55",
                "--client", Project.buildFolder.appendingPathComponent("ClientLoad").path, "--martletd", Martletd.path,
            ])
        try ForeignClients.expectSuccess(run, "endurance.py with \(broker)")
        let result = try #require(Martletd.fields(run.output.text.trimmingCharacters(in: .newlines)))
        #expect(result["client killed"] as? Int == 2, "\(result)")
        #expect(broker == "martletd" || (result["broker restarted"] as? Int ?? 0) > 0, "\(result)")
        for qos in ["QoS 1", "QoS 2"] {
            #expect((result[qos] as? [String: Any])?["accepted"] as? Int == 2_000, "\(result)")
        }
    }
}
