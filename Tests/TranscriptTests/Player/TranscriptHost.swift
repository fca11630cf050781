/// A broker that transcripts are played against, with the connections of their clients.
///
/// A client has at most one connection at a time; opening another forgets what the one before had brought.
protocol TranscriptHost {
    mutating func open(_ client: String) throws
    mutating func send(_ bytes: [UInt8], by client: String) throws
    /// All that the broker has sent on the client's connection so far.
    func received(by client: String) -> [UInt8]
    /// Whether the broker has closed the client's connection.
    func isClosed(_ client: String) -> Bool
    /// Breaks the client's connection as a failing network does.
    mutating func drop(_ client: String) throws
    /// Moves the broker's clock, and nothing else.
    mutating func advance(milliseconds: Int64) throws
    /// Asks the broker to shut down.
    mutating func stop() throws
    /// Lets the broker do all that it has to do now.
    ///
    /// `isDone` says whether what is waited for has come: a host that cannot see the broker's idleness asks it and
    /// gives the network some more time; one that can need not ask.
    mutating func settle(until isDone: (Self) -> Bool) throws
}
