import MQTTClient

/// What a run does: a scenario, and what options change of it.
struct Workload: Equatable, Sendable {
    /// Messages a second, all clients together.
    enum Rate: Equatable, Sendable {
        case published(Double)
        case delivered(Double)
        /// As many as the broker takes.
        case unlimited
    }

    let scenario: Scenario
    /// As it was asked for, such as `p2p-1K-1K-1K-1K`.
    var name: String
    var publishers = 100
    var subscribers = 100
    /// Nil: as many as the scenario has with so many clients.
    var chosenTopics: Int?
    /// Clients that only stay connected.
    var connections = 1_000
    /// Clients that begin to connect in a second.
    var connectRate = 500.0
    var rate = Rate.delivered(1_000)
    /// Messages in all, after which publishing ends if time has not ended it; nil: only time does.
    var messages: Int?
    var qos = QoS.atLeastOnce
    /// Bytes of a payload.
    var size = MessageStamp.size
    /// QoS 1 and 2 messages in flight from each publisher,
    var inFlight: UInt16 = 100
    /// and towards each subscriber.
    var receiveMaximum: UInt16 = 1_024
    var warmUp = Duration.seconds(3)
    var duration = Duration.seconds(30)
}

extension Workload {
    var topics: Int {
        switch scenario {
        case .pointToPoint: chosenTopics ?? max(publishers, subscribers)
        default: chosenTopics ?? publishers
        }
    }

    /// Messages each message becomes, on average.
    var receiversPerMessage: Double {
        switch scenario {
        case .fanOut: Double(subscribers)
        case .pointToPoint, .fanIn: Double(max(subscribers, topics)) / Double(topics)
        default: 1
        }
    }

    /// Nil: as many as the broker takes.
    var publishedPerSecond: Double? {
        switch rate {
        case .published(let rate): rate
        case .delivered(let rate): rate / receiversPerMessage
        case .unlimited: nil
        }
    }

    var clientCount: Int {
        switch scenario {
        case .connections: connections
        case .retainedStorm, .offlineDrain: subscribers + 1
        default: publishers + subscribers
        }
    }
}
