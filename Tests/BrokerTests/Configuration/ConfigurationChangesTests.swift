import Testing

@testable import Broker

@Suite struct ConfigurationChangesTests {
    private let running = BrokerConfiguration()

    @Test("Equal configurations have no changes")
    func none() {
        let changes = ConfigurationChanges(from: running, to: running)
        #expect(changes.isEmpty)
        #expect(changes.logFields == [.reason("nothing changed")])
        #expect(changes.applied == running)
    }

    @Test("Every change is told by when it takes effect, and what needs no restart is applied")
    func effects() {
        var wanted = running
        wanted.options.limits.connections = 5
        wanted.options.limits.receiveMaximum = 7
        wanted.loops = running.loops + 1
        wanted.placementSeed = 7
        wanted.log.level = .debug
        wanted.listeners[0].options.anonymous = false
        wanted.listeners[0].name = "door"
        let changes = ConfigurationChanges(from: running, to: wanted)
        #expect(changes.live == ["log.level", "limits.connections"])
        #expect(changes.newConnections == ["limits.receive_maximum", "listener[0].anonymous"])
        #expect(changes.restart == ["loops", "placement_seed", "listener[0].name"])
        #expect(
            changes.logFields == [
                .text("live", "log.level, limits.connections"),
                .text("new_connections", "limits.receive_maximum, listener[0].anonymous"),
                .text("needs_restart", "loops, placement_seed, listener[0].name"),
            ])
        var applied = wanted
        applied.loops = running.loops
        applied.placementSeed = running.placementSeed
        applied.listeners[0].name = running.listeners[0].name
        #expect(changes.applied == applied)
    }

    @Test("A listener that comes or goes waits for a restart; the others are compared by their address and port")
    func listeners() {
        var (old, new) = (running, running)
        old.listeners = [ListenerConfiguration(port: 1), ListenerConfiguration(port: 2)]
        new.listeners = [ListenerConfiguration(address: "::1", port: 3), ListenerConfiguration(port: 2)]
        new.listeners[1].options.retainAvailable = false
        let changes = ConfigurationChanges(from: old, to: new)
        #expect(changes.restart == ["listener[0] (closes 127.0.0.1:1)", "listener (opens [::1]:3)"])
        #expect(changes.newConnections == ["listener[1].retain_available"])
        #expect(changes.logFields.map(\.name) == ["new_connections", "needs_restart"])
        #expect(changes.applied.listeners.map(\.port) == [1, 2])
        #expect(changes.applied.listeners.map(\.options.retainAvailable) == [true, false])
    }
}
