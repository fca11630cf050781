import Testing
import Transport

@testable import Broker
@testable import BrokerCore

@Suite struct ShardTests {
    @Test("A placement seed places the same clients together at each start; without one nobody can know who meets")
    func placement() throws {
        #expect(try hashSeeds(placementSeed: 7) == [7, 7, 7])
        let (first, second) = (try hashSeeds(placementSeed: 0), try hashSeeds(placementSeed: 0))
        #expect(Set(first).count == 1)
        #expect(Set(second).count == 1)
        #expect(first != second)
    }

    private func hashSeeds(placementSeed: Int) throws -> [UInt64] {
        var configuration = BrokerConfiguration()
        configuration.loops = 3
        configuration.placementSeed = placementSeed
        let log = LogWriter(configuration: configuration.log)
        defer { log.close() }
        return try ShardPlan.all(configuration, listeners: [], store: nil, clock: .system, log: log).map(\.place.hashSeed)
    }
}
