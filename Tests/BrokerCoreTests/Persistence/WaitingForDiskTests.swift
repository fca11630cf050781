import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("A disk that is behind")
struct WaitingForDiskTests {
    @Test("a publisher is not read from while the disk is too far behind, and goes on when it has caught up")
    func behind() {
        let disk = TestDisk()
        var options = TestBroker.quiet
        options.limits.uncommittedBytes = 10_000
        var broker = TestBroker(on: disk, options: options)
        let kept = broker.connect("kept", properties: [.sessionExpiryInterval(seconds: 1_000)])
        broker.send(.subscribe("t", qos: .atLeastOnce), from: kept)
        disk.isSlow = true
        let publisher = broker.connect("publisher")
        let payload = String(repeating: "x", count: 1_000)
        for i in 1...30 as ClosedRange<UInt16> { broker.send(.publish("t", payload, qos: .atLeastOnce, id: i), from: publisher) }
        #expect(broker.counters.publishReceived < 15)
        #expect(broker.counters.connectionsPaused == 1)
        disk.isSlow = false
        broker.settle()
        #expect(broker.counters.publishReceived == 30)
        #expect(broker.received(publisher).count == 30)
    }
}
