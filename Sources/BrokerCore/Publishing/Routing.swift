import MQTTCodec
import MQTTSession
import Primitives

/// What became of a message on its way to those who match.
struct RouteResult: BitwiseCopyable {
    /// Subscriptions (sessions or groups) that match.
    var matched: UInt32 = 0
    /// Of these, the publisher's own, which No Local keeps it from.
    var withheld: UInt32 = 0
    /// Of these, those a bound kept it from.
    var refused: UInt32 = 0

    /// Those that should get it.
    var wanted: UInt32 { matched - withheld }
    /// Nobody of those had room.
    var isRefused: Bool { wanted > 0 && refused == wanted }
    var reasonCode: ReasonCode { matched == 0 ? .noMatchingSubscribers : isRefused ? .quotaExceeded : .success }
}

extension BrokerCore {
    /// Brings a message to every receiver of its topic on this shard [MQTT-4.5.0-1]: `entry` is what the router knows of
    /// the topic, `publisher` the session it came from, or none.
    mutating func route(
        _ message: UInt32, along entry: UInt32, from publisher: UInt32, at now: Instant, into actions: inout Actions
    ) -> RouteResult {
        let content = messages.pointer(to: message)
        // Nothing below changes a subscription, so the list stays as it is.
        let count = Int(router.entry(entry).pointee.count)
        guard count > 0, let receivers = router.entry(entry).pointee.receivers else { return RouteResult() }
        var result = RouteResult()
        for i in 0..<count {
            let receiver = receivers[i]
            if receiver.isGroup {
                result.matched += 1
                if !deliverShared(message, to: receiver.target, at: now, into: &actions) { result.refused += 1 }
            } else if receiver.noLocal && receiver.target == publisher {
                result.matched += 1
                guard let own = receiverWithoutNoLocal(publisher, content.pointee.topicBytes) else {
                    result.withheld += 1
                    continue
                }
                if !deliver(message, to: own, at: now, into: &actions) { result.refused += 1 }
                identifierSets.release(own.identifiers)
            } else {
                result.matched += 1
                if !deliver(message, to: receiver, at: now, into: &actions) { result.refused += 1 }
            }
        }
        sealClaims(of: message)
        return result
    }

    /// Brings a message to one session: at the lower of its QoS and the granted one [MQTT-3.8.4-8], with RETAIN as the
    /// subscription wants it [MQTT-3.3.1-12] [MQTT-3.3.1-13]. False when a bound refused it.
    @inline(__always)
    mutating func deliver(_ message: UInt32, to receiver: Router.Receiver, at now: Instant, into actions: inout Actions) -> Bool {
        let content = messages.pointer(to: message)
        let delivery = Delivery(
            message: message, qos: min(content.pointee.qos, receiver.qos), retain: receiver.retainAsPublished && content.pointee.retain,
            subscriptionIdentifiers: receiver.identifiers)
        return deliver(delivery, to: receiver.target, at: now, into: &actions)
    }
}
