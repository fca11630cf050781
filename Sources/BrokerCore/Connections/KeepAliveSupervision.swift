import MQTTSession
import Primitives

/// Connections that are silent too long, before and after CONNECT.
extension BrokerCore {
    /// Arms the timer for the next look at a connection. It is not moved with every packet: when it fires early, it is
    /// armed again from the last packet.
    mutating func armKeepAlive(_ connection: UInt32) {
        let deadline = connections[connection].keepAlive.deadline(after: connections[connection].lastPacket)
        guard deadline < .never else { return }
        connections[connection].timer = timers.arm(TimerToken.make(.connection, connection), at: deadline)
    }

    /// Whether a connection is read from; while it is not, it cannot be too silent.
    mutating func pause(_ connection: UInt32, _ isPaused: Bool, at now: Instant) {
        connections[connection].isPaused = isPaused
        connections[connection].lastPacket = now
        if isPaused { counters.connectionsPaused &+= 1 }
    }

    mutating func connectionTimerFired(_ connection: UInt32, at now: Instant, into actions: inout Actions) {
        guard isOpen(connection) else { return }
        connections[connection].timer = TimerWheel.none
        if connections[connection].state == .awaitingConnect {
            refuse(connection, .timeout, at: now, into: &actions)
        } else if connections[connection].isPaused {
            connections[connection].lastPacket = now
            armKeepAlive(connection)
        } else if connections[connection].keepAlive.deadline(after: connections[connection].lastPacket) <= now {
            disconnect(connection, .keepAliveTimeout, at: now, into: &actions)  // [MQTT-3.1.2-22]
        } else {
            armKeepAlive(connection)
        }
    }
}
