/// The clients of a broker behind a port, of which nothing else can be asked.
///
/// What the broker has done with what it was sent is seen from outside by clients of our own.
struct SocketHost: TranscriptHost {
    private var connections: SocketConnections
    private var probes: LoopProbes
    /// Whose bytes the broker may not have dealt with yet; nil: nobody's, or a single loop keeps the order by itself.
    private var lastSender: String?
    private let hasSeveralLoops: Bool
    let patienceMilliseconds: Int32

    private static let step: Int32 = 10

    /// - Parameters:
    ///   - probePort: where our own clients ask; nil: where the others are
    ///   - probes: a Client Identifier for each loop
    init(
        port: UInt16, probePort: UInt16? = nil, probes names: [String] = ["~"], patienceMilliseconds: Int32 = 2_000
    ) throws(TextFault) {
        connections = SocketConnections(port: port)
        probes = try LoopProbes(port: probePort ?? port, names: names, patienceMilliseconds: patienceMilliseconds)
        hasSeveralLoops = names.count > 1
        self.patienceMilliseconds = patienceMilliseconds
    }

    mutating func open(_ client: String) throws {
        try keepOrder(client)
        try connections.open(client)
    }

    mutating func send(_ bytes: [UInt8], by client: String) throws {
        try keepOrder(client)
        connections.send(bytes, by: client)
    }

    func received(by client: String) -> [UInt8] { connections.received(by: client) }
    func isClosed(_ client: String) -> Bool { connections.isClosed(client) }

    mutating func drop(_ client: String) throws {
        try keepOrder(client)
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
        probes.end()
    }

    /// Returns when the broker has done what it had been given before.
    mutating func synchronise() throws(TextFault) {
        lastSender = nil
        try probes.synchronise()
        connections.read()
    }

    /// One client's bytes go together, but no later than another's: several loops would deal with them at the same time.
    private mutating func keepOrder(_ client: String) throws(TextFault) {
        if let lastSender, lastSender != client { try synchronise() }
        if hasSeveralLoops { lastSender = client }
    }
}
