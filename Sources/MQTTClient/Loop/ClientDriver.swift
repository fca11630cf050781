import ClientCore
import Primitives
import Transport

/// One client on its loop: its decisions, its socket, and the bytes between them. Touched by the loop's thread only.
final class ClientDriver {
    let inbox: ClientInbox
    var core: ClientCore
    var socket = ClientSocket()
    /// The beginning of a packet whose end has not come.
    var unfinished: [UInt8] = []
    /// Bytes that the socket did not take yet, from `writtenBytes` on.
    var unwritten: [UInt8] = []
    var writtenBytes = 0
    /// Nothing is read because a reader is behind.
    var isPaused = false
    /// How many times an address did not answer in time: the next attempt begins behind it.
    var silentAddresses = 0
    var timer = TimerWheel.none
    var timerDue = Instant.never

    init(_ inbox: ClientInbox, seed: UInt64) {
        self.inbox = inbox
        core = ClientCore(inbox.configuration, seed: seed)
    }

    /// What the socket is to be watched for.
    var interest: Interest {
        var interest: Interest = isPaused ? [] : .readable
        if socket.isConnecting || !unwritten.isEmpty { interest.insert(.writable) }
        return interest
    }

    /// The connection is over: nothing of it is left.
    func forgetConnection() {
        socket = ClientSocket()
        unfinished = []
        unwritten = []
        writtenBytes = 0
        isPaused = false
    }
}

/// The socket of a client, from looking up the server's name to the end of the connection.
struct ClientSocket {
    /// -1: there is none.
    var descriptor: Int32 = -1
    var isConnecting = false
    /// What it is watched for.
    var watched: Interest?
    /// The server whose name is being looked up.
    var lookingUp: ServerAddress?
    /// The one being tried, and those to try after it.
    var address: SocketAddress?
    var addresses: ArraySlice<SocketAddress> = []
}
