/// A broker behind a port, of which nothing else can be asked: its clock runs by itself.
///
/// What the broker has done with what it was sent is seen from outside by a client of our own: one that gets its
/// PINGRESP after all that was sent before. The second and third PINGRESP leave the broker time to write.
struct SocketHost: TranscriptHost {
    private var connections: SocketConnections
    private let patienceMilliseconds: Int32

    private static let probe = "(probe)"

    init(port: UInt16, patienceMilliseconds: Int32 = 2_000) throws(TextFault) {
        connections = SocketConnections(port: port)
        self.patienceMilliseconds = patienceMilliseconds
        try connections.open(Self.probe)
        let connect = Array("\u{10}\u{18}\u{0}\u{4}MQTT\u{4}\u{2}\u{0}\u{0}\u{0}\u{c}transcript-0".utf8)
        connections.send(connect, by: Self.probe)
        try awaitProbe(4)
    }

    mutating func open(_ client: String) throws { try connections.open(client) }
    mutating func send(_ bytes: [UInt8], by client: String) { connections.send(bytes, by: client) }
    func received(by client: String) -> [UInt8] { connections.received(by: client) }
    func isClosed(_ client: String) -> Bool { connections.isClosed(client) }

    mutating func drop(_ client: String) throws {
        connections.drop(client)
        try synchronise()
    }

    mutating func advance(milliseconds: Int64) throws { throw TextFault("this broker's clock cannot be moved") }
    mutating func stop() throws { throw TextFault("this broker cannot be stopped") }

    mutating func settle(until isDone: (Self) -> Bool) throws {
        try synchronise()
        var left = patienceMilliseconds
        while !isDone(self), left > 0 {
            connections.read(waitingUpTo: 10)
            left -= 10
        }
    }

    mutating func end() { connections.dropAll() }

    private mutating func synchronise() throws(TextFault) {
        for _ in 0..<3 {
            let count = connections.received(by: Self.probe).count
            connections.send([0xC0, 0], by: Self.probe)
            try awaitProbe(count + 2)
        }
    }

    private mutating func awaitProbe(_ count: Int) throws(TextFault) {
        var left = patienceMilliseconds
        while connections.received(by: Self.probe).count < count {
            guard left > 0, !connections.isClosed(Self.probe) else { throw TextFault("the broker does not answer") }
            connections.read(waitingUpTo: 10)
            left -= 10
        }
        connections.read()
    }
}
