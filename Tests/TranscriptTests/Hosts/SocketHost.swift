/// The clients of a broker behind a port, of which nothing else can be asked.
///
/// What the broker has done with what it was sent is seen from outside by a client of our own: one that gets its
/// PINGRESP after all that was sent before. The second and third PINGRESP leave the broker time to write.
struct SocketHost: TranscriptHost {
    private var connections: SocketConnections
    private var probe: SocketConnections
    let patienceMilliseconds: Int32

    private static let step: Int32 = 10
    private static let name = "~"

    /// - Parameter probePort: where our own client asks; nil: where the others are
    init(port: UInt16, probePort: UInt16? = nil, patienceMilliseconds: Int32 = 2_000) throws(TextFault) {
        connections = SocketConnections(port: port)
        probe = SocketConnections(port: probePort ?? port)
        self.patienceMilliseconds = patienceMilliseconds
        try probe.open(Self.name)
        let connect = Array("\u{10}\u{d}\u{0}\u{4}MQTT\u{4}\u{2}\u{0}\u{0}\u{0}\u{1}~".utf8)
        probe.send(connect, by: Self.name)
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
        for _ in 0..<patienceMilliseconds / Self.step {
            if isDone(self) { return }
            read()
        }
    }

    /// Takes what comes within a hundredth of a second.
    mutating func read() { connections.read(waitingUpTo: Self.step) }

    mutating func end() {
        connections.dropAll()
        probe.dropAll()
    }

    /// Returns when the broker has done what it had been given before.
    mutating func synchronise() throws(TextFault) {
        for _ in 0..<3 {
            let count = probe.received(by: Self.name).count
            probe.send([0xC0, 0], by: Self.name)
            try awaitProbe(count + 2)
        }
        connections.read()
    }

    private mutating func awaitProbe(_ count: Int) throws(TextFault) {
        var left = patienceMilliseconds
        while probe.received(by: Self.name).count < count {
            guard left > 0, !probe.isClosed(Self.name) else { throw TextFault("the broker does not answer") }
            probe.read(waitingUpTo: Self.step)
            left -= Self.step
        }
    }
}
