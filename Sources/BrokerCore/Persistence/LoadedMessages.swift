import Primitives

/// Messages that wait on disk for a session, to be read because it can be sent some now.
public struct LoadRequest: Sendable {
    /// Its slot, and its number, by which it is known if the slot is another's by then.
    public var session: UInt32
    public var number: UInt64
    /// Which of its requests it is: an earlier one is of no use when the client has been away since.
    public var load: UInt32
    /// Of the messages, in the order in which they are to be sent.
    public var records: [UInt64]
}

/// What was read for a `LoadRequest`: each message as it lies on disk behind its number and its length, 12 bytes in the
/// machine's own order, padded to 8; messages that are not there are left out.
public struct LoadedMessages: Sendable {
    public var session: UInt32
    public var number: UInt64
    public var load: UInt32
    /// One piece of memory for all, with one user.
    public var bytes: SharedBytes
    /// How much of it is filled.
    public var count: Int

    /// - Parameter bytes: its one user passes on
    public init(answering request: LoadRequest, bytes: SharedBytes, count: Int) {
        session = request.session
        number = request.number
        load = request.load
        self.bytes = bytes
        self.count = count
    }
}
