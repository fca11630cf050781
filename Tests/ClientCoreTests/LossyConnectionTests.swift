import Testing

@testable import ClientCore

@Suite("Connections that break at any byte, servers and clients that die")
struct LossyConnectionTests {
    private static let all: [LossyRun.Conditions] = ClientVersion.allCases.flatMap { version in
        [(false, false), (false, true), (true, false), (true, true)].map { hasStore, losesSessions in
            LossyRun.Conditions(version: version, hasStore: hasStore, losesSessions: losesSessions)
        }
    }

    @Test(
        "Nothing accepted is lost, QoS 2 comes once while the Session is kept, all in order, and every room is given back",
        arguments: all.indices)
    func seeds(index: Int) {
        for seed in 0..<400 as Range<UInt64> { LossyRun(seed: seed * 8 + UInt64(index), Self.all[index]).run() }
    }
}
