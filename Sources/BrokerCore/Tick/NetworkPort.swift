import Primitives

/// The network as the tick sees it: real sockets in the broker, a virtual network in the simulator.
///
/// Connections are named by the slots of the core. It earns its keep by letting the simulator run the very tick the
/// broker runs; the calls are one or two a connection and tick, so they cost no speed.
public protocol NetworkPort: ~Copyable {
    /// The clock of this network.
    var now: Instant { get }
    /// Waits until something is ready or `deadline` has come, and appends what is ready.
    mutating func poll(until deadline: Instant?, into ready: inout [ReadyEvent])
    /// The next connection waiting at a listener, as a name of the port's own, or nil.
    mutating func accept(from listener: Int) -> Int32?
    /// From now on the accepted connection is called `connection`; events about it carry `generation`.
    mutating func admit(_ accepted: Int32, as connection: UInt32, generation: UInt32)
    /// Closes an accepted connection that is not admitted.
    mutating func reject(_ accepted: Int32)
    /// Reads what has come, as far as it fits: bytes read, 0 at the end of the stream, -1 when there is nothing, -2 when
    /// the connection is broken.
    mutating func receive(_ connection: UInt32, into buffer: UnsafeMutableRawBufferPointer) -> Int
    /// Writes slices one after the other, as far as the network takes them: bytes written, -1 or -2 as for `receive`.
    mutating func send(_ connection: UInt32, _ slices: UnsafeBufferPointer<OutputSlice>) -> Int
    /// What to report of `connection` from now on; at first that it can be read from.
    mutating func watch(_ connection: UInt32, readable: Bool, writable: Bool)
    /// Lets go of a connection without closing it, because it goes to another shard; its name for `adopt` there.
    mutating func giveUp(_ connection: UInt32) -> Int32
    /// Takes a connection another shard has given up, as `admit` takes an accepted one.
    mutating func adopt(_ name: Int32, listener: Int, as connection: UInt32, generation: UInt32)
    /// Closes. `lingers`: what was written must reach a client that may still be writing itself.
    mutating func close(_ connection: UInt32, lingers: Bool)
    /// Something worth telling people.
    mutating func report(_ notice: Notice)
}

/// What `NetworkPort.poll` found.
public enum ReadyEvent: BitwiseCopyable, Sendable {
    case listener(Int)
    case connection(UInt32, generation: UInt32, readable: Bool, writable: Bool)
}

/// Bytes to write, laid out as the system's own vector element.
public struct OutputSlice: BitwiseCopyable {
    public var base: UnsafeRawPointer
    public var count: Int
}
