import MQTTCodec
import MQTTSession
import Primitives

/// One Network Connection as the decisions see it.
struct Connection: BitwiseCopyable {
    static let none = UInt32.max

    enum State: UInt8, BitwiseCopyable {
        /// Only CONNECT may come.
        case awaitingConnect
        case connected
        /// Over; the slot is given up after the tick.
        case closed
    }

    var state = State.awaitingConnect
    /// Until CONNECT tells: one whose failures are silent.
    var version = ProtocolVersion.v3_1_1
    /// Bytes; the client's Maximum Packet Size, for what is still written when the session is gone.
    var maximumPacketSize = UInt32.max
    // What CONNACK told the client holds as long as the connection, whatever a new configuration says.
    var receiveMaximum = UInt16.max
    /// Bytes; the server's Maximum Packet Size.
    var packetBytes = 0
    var maximumQoS = QoS.exactlyOnce
    var retainAvailable = true
    /// An index into the listeners.
    var listener: UInt16
    var keepAlive = KeepAlive(seconds: 0)
    var session = Session.none
    /// When the last complete packet came.
    var lastPacket: Instant
    /// Connect time-out, then Keep Alive.
    var timer = TimerWheel.none
    /// Rounds of resending, for 3.x where switched on.
    var resendTimer = TimerWheel.none
    var inboundAliases = InboundTopicAliases(maximum: 0)
    var outboundAliases = OutboundTopicAliases(maximum: 0)
    /// It is not read from, so that its silence means nothing.
    var isPaused = false

    init(listener: UInt16, openedAt now: Instant) {
        self.listener = listener
        lastPacket = now
    }
}
