import BrokerCore
import MQTTCodec
import Primitives

/// A network that costs nothing: what is fed to a connection is there to be read at once, what is sent is only counted.
struct NullNetwork: NetworkPort, MailboxPort, StoragePort {
    var now = Instant(nanoseconds: 1_000_000_000_000)
    private(set) var bytesSent = 0
    private(set) var connections: [(slot: UInt32, generation: UInt32)] = []
    private var accepts = 0
    private var inputs: [UnsafeRawBufferPointer] = []
    private var ready: [ReadyEvent] = []

    mutating func open(_ count: Int) { accepts += count }

    /// Lets `connection` read `bytes`, which stay where they are, in the next tick.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, to connection: UInt32) {
        inputs[Int(connection)] = bytes
        ready.append(.connection(connection, generation: connections[Int(connection)].generation, readable: true, writable: false))
    }

    mutating func poll(until deadline: Instant?, into events: inout [ReadyEvent]) {
        if accepts > 0 { events.append(.listener(0)) }
        events.append(contentsOf: ready)
        ready.removeAll(keepingCapacity: true)
    }

    mutating func accept(from listener: Int) -> Int32? {
        guard accepts > 0 else { return nil }
        accepts -= 1
        return 0
    }

    mutating func admit(_ accepted: Int32, as connection: UInt32, generation: UInt32) {
        connections.append((connection, generation))
        inputs.append(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    mutating func reject(_ accepted: Int32) {}

    mutating func receive(_ connection: UInt32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let input = inputs[Int(connection)]
        let count = min(input.count, buffer.count)
        guard count > 0 else { return -1 }
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<count]))
        inputs[Int(connection)] = UnsafeRawBufferPointer(rebasing: input[count...])
        if count < input.count {
            ready.append(.connection(connection, generation: connections[Int(connection)].generation, readable: true, writable: false))
        }
        return count
    }

    mutating func send(_ connection: UInt32, _ slices: UnsafeBufferPointer<OutputSlice>) -> Int {
        var count = 0
        for slice in slices { count += slice.count }
        bytesSent += count
        return count
    }

    mutating func watch(_ connection: UInt32, readable: Bool, writable: Bool) {}
    mutating func giveUp(_ connection: UInt32) -> Int32 { -1 }
    mutating func adopt(_ name: Int32, listener: Int, as connection: UInt32, generation: UInt32) {}
    mutating func close(_ connection: UInt32, lingers: Bool) {}
    mutating func report(_ notice: Notice) {}

    var isIdle: Bool { ready.isEmpty && accepts == 0 }
}
