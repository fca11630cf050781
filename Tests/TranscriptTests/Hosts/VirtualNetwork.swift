import BrokerCore
import Primitives

/// A network of arrays: what the tick asks of a network, answered at once and in virtual time.
struct VirtualNetwork: NetworkPort, MailboxPort {
    private(set) var now = Instant.zero
    private var wires: [Wire] = []
    private var waitingAtListener: [Int32] = []
    private var wireOfConnection: [UInt32: Int] = [:]

    /// One connection, as both ends see it.
    private struct Wire {
        var toBroker: [UInt8] = []
        var toClient: [UInt8] = []
        var isDropped = false
        var isClosed = false
        var admission: (connection: UInt32, generation: UInt32)?

        var isReadable: Bool { !isClosed && admission != nil && (isDropped || !toBroker.isEmpty) }
    }

    // MARK: The client's end

    mutating func open() -> Int {
        wires.append(Wire())
        waitingAtListener.append(Int32(wires.count - 1))
        return wires.count - 1
    }

    mutating func send(_ bytes: [UInt8], on wire: Int) { wires[wire].toBroker += bytes }
    mutating func drop(_ wire: Int) { wires[wire].isDropped = true }
    func received(on wire: Int) -> [UInt8] { wires[wire].toClient }
    func isClosed(_ wire: Int) -> Bool { wires[wire].isClosed }
    mutating func advance(milliseconds: Int64) { now = now.advanced(byMilliseconds: milliseconds) }

    /// Whether the broker has anything to read or accept.
    var isBusy: Bool { !waitingAtListener.isEmpty || wires.contains { $0.isReadable } }

    // MARK: The broker's end

    mutating func poll(until deadline: Instant?, into ready: inout [ReadyEvent]) {
        if !waitingAtListener.isEmpty { ready.append(.listener(0)) }
        for wire in wires where wire.isReadable {
            guard let admission = wire.admission else { continue }
            ready.append(
                .connection(admission.connection, generation: admission.generation, readable: true, writable: false))
        }
    }

    mutating func accept(from listener: Int) -> Int32? {
        waitingAtListener.isEmpty ? nil : waitingAtListener.removeFirst()
    }

    mutating func admit(_ accepted: Int32, as connection: UInt32, generation: UInt32) {
        wires[Int(accepted)].admission = (connection, generation)
        wireOfConnection[connection] = Int(accepted)
    }

    mutating func reject(_ accepted: Int32) { wires[Int(accepted)].isClosed = true }

    mutating func receive(_ connection: UInt32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let wire = wireOfConnection[connection] else { return -2 }
        let count = min(buffer.count, wires[wire].toBroker.count)
        guard count > 0 else { return wires[wire].isDropped ? -2 : -1 }
        buffer.copyBytes(from: wires[wire].toBroker.prefix(count))
        wires[wire].toBroker.removeFirst(count)
        return count
    }

    mutating func send(_ connection: UInt32, _ slices: UnsafeBufferPointer<OutputSlice>) -> Int {
        guard let wire = wireOfConnection[connection], !wires[wire].isDropped else { return -2 }
        var count = 0
        for slice in slices {
            wires[wire].toClient += UnsafeRawBufferPointer(start: slice.base, count: slice.count)
            count += slice.count
        }
        return count
    }

    mutating func watch(_ connection: UInt32, readable: Bool, writable: Bool) {}
    mutating func giveUp(_ connection: UInt32) -> Int32 { -1 }
    mutating func adopt(_ name: Int32, listener: Int, as connection: UInt32, generation: UInt32) {}

    mutating func close(_ connection: UInt32, lingers: Bool) {
        guard let wire = wireOfConnection.removeValue(forKey: connection) else { return }
        wires[wire].isClosed = true
        wires[wire].admission = nil
    }

    mutating func report(_ notice: Notice) {}
}
