import Glibc
import Primitives
import Testing

@testable import Transport

/// Two ends of a TCP connection on 127.0.0.1; what a test did not close is closed at its end.
final class Loopback {
    let client: Int32
    let server: Int32
    private var open: Set<Int32>

    init(_ options: Listener.Options = Listener.Options()) throws {
        let listener = try Listener(on: SocketAddress(ipv4: 0x7F00_0001, port: 0), options: options)
        client = try Socket.connect(to: listener.localAddress)
        open = [client]
        server = try acceptOne(listener).descriptor
        open.insert(server)
    }

    deinit {
        for descriptor in open { Socket.close(descriptor) }
    }

    func close(_ descriptor: Int32) {
        open.remove(descriptor)
        Socket.close(descriptor)
    }

    /// Somebody else closes it now.
    func giveAway(_ descriptor: Int32) { open.remove(descriptor) }
}

struct Overdue: Error {}
struct Lost: Error {}

/// Far enough away for a slow machine; a test that comes to it has failed.
func deadline() -> Instant { Clock.system.now().advanced(bySeconds: 10) }

/// Waits until `descriptor` is ready for what is asked, or broken.
@discardableResult
func ready(_ descriptor: Int32, for interest: Interest) throws -> PollEvent {
    let poller = try Poller()
    try poller.add(descriptor, token: 1, interest: interest)
    return try nextEvents(of: poller)[0]
}

/// Waits until something happened.
func nextEvents(of poller: borrowing Poller) throws -> EventBatch {
    var events = EventBatch()
    let end = deadline()
    while events.isEmpty {
        guard Clock.system.now() < end else { throw Overdue() }
        poller.wait(until: end, clock: .system, into: &events)
    }
    return events
}

/// Waits until somebody wakes `poller`.
func waitForWake(_ poller: borrowing Poller) throws {
    var events = EventBatch()
    let end = deadline()
    poller.wait(until: end, clock: .system, into: &events)
    guard events.isEmpty, Clock.system.now() < end else { throw Overdue() }
}

func acceptOne(_ listener: borrowing Listener) throws -> (descriptor: Int32, peer: SocketAddress) {
    while true {
        try ready(listener.descriptor, for: .readable)
        if case .connection(let descriptor, let peer) = listener.accept() { return (descriptor, peer) }
    }
}

/// Sends everything, as one segment.
func send(_ bytes: [UInt8], to descriptor: Int32) throws {
    var sent = 0
    while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes { bytes in
            send(descriptor, [bytes])
        }
        if count == Socket.broken { throw Lost() }
        if count > 0 { sent += count } else { try ready(descriptor, for: .writable) }
    }
}

/// One call of `Socket.send`.
func send(_ descriptor: Int32, _ segments: [UnsafeRawBufferPointer]) -> Int {
    let vectors = segments.map { iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count) }
    return vectors.withUnsafeBufferPointer { Socket.send(descriptor, segments: $0) }
}

/// One call of `Socket.receive`: its result and the bytes.
func receive(_ descriptor: Int32, upTo count: Int = 65_536) -> (result: Int, bytes: [UInt8]) {
    var buffer = [UInt8](repeating: 0, count: count)
    let result = buffer.withUnsafeMutableBytes { Socket.receive(descriptor, into: $0) }
    return (result, Array(buffer.prefix(max(result, 0))))
}

/// Everything until the end of the stream, and how it ended.
func receiveAll(_ descriptor: Int32) throws -> (bytes: [UInt8], end: Int) {
    var bytes: [UInt8] = []
    while true {
        let (result, more) = receive(descriptor)
        bytes += more
        if result == Socket.wouldBlock {
            try ready(descriptor, for: .readable)
        } else if result <= 0 {
            return (bytes, result)
        }
    }
}
