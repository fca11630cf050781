import Primitives

/// A Network Connection that is not there: bytes on their way in both directions, each way in order.
final class VirtualConnection {
    /// Counts the connections of a simulation.
    let number: Int
    /// The client that opened it.
    let client: Int
    /// The shard that accepts it, and then the one that has it.
    var shard = 0
    /// The core's name for it, once it is admitted.
    var slot: UInt32?
    var generation: UInt32 = 0
    /// Bytes the client's system takes before the client has read them.
    var window: Int
    let latency: ClosedRange<Int>
    var random: SeededRandom

    /// Arrived at the broker, not read by it.
    var arrived: [UInt8] = []
    /// The end of the client's stream has come.
    var isEnded = false
    /// Broken, and the broker's side knows.
    var isBroken = false
    /// Written by the broker, on the way or not read by the client.
    var unread = 0
    /// Arrived at the client, not read by it.
    var readable: [UInt8] = []
    /// The broker has closed; what it wrote before still comes.
    var isClosedByBroker = false
    var isEndReadable = false
    /// What is on its way to the client does not come.
    var isCut = false
    /// The broker reads.
    var isWatched = true
    /// The broker waits for room.
    var isWritableWanted = false
    /// The client is gone without a word.
    var isAbandoned = false

    private var lastArrival = (broker: Instant.zero, client: Instant.zero)

    init(number: Int, client: Int, window: Int, latency: ClosedRange<Int>, random: SeededRandom) {
        self.number = number
        self.client = client
        self.window = window
        self.latency = latency
        self.random = random
    }

    var isReadable: Bool { isWatched && (!arrived.isEmpty || isEnded || isBroken) }
    var isWritable: Bool { isWritableWanted && (isBroken || unread < window) }

    /// When something sent now arrives at the broker: never before what was sent earlier.
    func arrivalAtBroker(from now: Instant) -> Instant {
        lastArrival.broker = max(lastArrival.broker, travel(now))
        return lastArrival.broker
    }

    func arrivalAtClient(from now: Instant) -> Instant {
        lastArrival.client = max(lastArrival.client, travel(now))
        return lastArrival.client
    }

    private func travel(_ now: Instant) -> Instant {
        Instant(nanoseconds: now.nanoseconds + Int64(random.among(latency)) * 1_000)
    }
}
