import MQTTCodec
import Primitives

/// When and where to connect next: exponentially rarer with jitter, in turn through the servers that are known.
struct Reconnection {
    /// Attempts in a row that did not lead to a connection that lasted.
    var failures = 0
    /// The number of the present attempt since the start, or since a connection stood.
    private(set) var attempt = 0
    private var connectedAt = Instant.never
    /// The one of the present or last attempt.
    private(set) var server = ServerAddress(host: "")
    /// The present attempt asked for a new Session.
    var askedForCleanStart = false
    /// A connection has stood in this run.
    var wasConnected = false
    private var delayMilliseconds: Int64 = 0
    private var turn = 0
    /// Servers the server sent us to: for the next attempt (0x9C), or from now on (0x9D).
    private var referred: ServerAddress?
    private var moved: ServerAddress?

    /// The server of the next attempt.
    mutating func nextServer(of servers: [ServerAddress]) -> ServerAddress {
        let known = (moved.map { [$0] } ?? []) + servers
        attempt += 1
        server = referred.take() ?? known[turn % known.count]
        return server
    }

    /// The next server has its turn.
    mutating func failedToOpen() { turn += 1 }

    /// The server named another one [MQTT5 §4.11].
    mutating func refer(to server: ServerAddress, forGood: Bool) {
        if forGood {
            moved = server
            turn = 0
        } else {
            referred = server
        }
    }

    /// The connection stands.
    mutating func connected(at now: Instant) {
        connectedAt = now
        attempt = 0
    }

    /// Another attempt has failed, or a connection ended. Whether it may be tried again, and after how many milliseconds.
    mutating func nextDelay(_ policy: ReconnectionPolicy, at now: Instant, random: inout SeededRandom) -> Int64? {
        // A connection that ended sooner than it took to wait for it is as good as none: whoever lets us in and throws us out is not hurried.
        if connectedAt < now, connectedAt.advanced(byMilliseconds: delayMilliseconds * 2) <= now { failures = 0 }
        connectedAt = .never
        failures += 1
        if let maximum = policy.maximumAttempts, failures >= maximum { return nil }
        let first = max(1, policy.firstDelay.wholeMilliseconds)
        let longest = max(first, policy.longestDelay.wholeMilliseconds)
        let doubled = first << min(Int64(failures - 1), 20)
        delayMilliseconds = min(longest, max(first, doubled))
        return Int64.random(in: delayMilliseconds / 2...delayMilliseconds, using: &random)
    }
}

extension ServerAddress {
    /// The first one of a Server Reference: `host` or `host:port`, several with spaces between [MQTT5 §4.11].
    init?(reference: String) {
        guard let first = reference.split(separator: " ").first else { return nil }
        var host = first
        var port: UInt16 = 1883
        if first.hasPrefix("["), let end = first.firstIndex(of: "]") {
            host = first[first.index(after: first.startIndex)..<end]
            let rest = first[first.index(after: end)...]
            if !rest.isEmpty {
                guard rest.hasPrefix(":"), let number = UInt16(rest.dropFirst()) else { return nil }
                port = number
            }
        } else if let colon = first.firstIndex(of: ":"), !first[first.index(after: colon)...].contains(":") {
            guard let number = UInt16(first[first.index(after: colon)...]) else { return nil }
            host = first[..<colon]
            port = number
        }
        guard !host.isEmpty, port != 0 else { return nil }
        self.init(host: String(host), port: port)
    }
}
