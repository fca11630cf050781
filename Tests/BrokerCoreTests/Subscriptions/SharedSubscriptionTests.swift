import MQTTCodec
import MQTTSession
import Primitives
import Testing

@testable import BrokerCore

@Suite("The order of a Shared Subscription")
struct SharedSubscriptionTests {
    private func delivery(_ place: UInt32) -> Delivery {
        Delivery(message: 0, qos: .atLeastOnce, retain: false, group: 0, place: place)
    }

    @Test("What comes back is put where it was, also when places wrap", arguments: [0, UInt32.max - 2])
    func insert(start: UInt32) {
        var group = SharedSubscription(shareName: SharedBytes(count: 0), owner: 0, node: 0, next: Subscription.none)
        for offset in [3, 5, 6, 4, 0, 1, 7, 2] as [UInt32] { group.insert(delivery(start &+ offset)) }
        #expect((0..<group.pending.count).map { group.pending[$0].place } == (0..<8).map { start &+ $0 })
        group.pending.deallocate()
        group.shareName.release()
    }
}
