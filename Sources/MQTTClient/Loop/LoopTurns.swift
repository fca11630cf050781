import ClientCore
import Primitives
import Transport

/// The turns of the loop: wait, read, let each client decide, write. It stays on the thread that makes it.
struct LoopTurns: ~Copyable {
    let loop: ClientLoop
    let clock = Clock.system
    var poller: Poller
    var batch = EventBatch()
    var drivers: [UInt64: ClientDriver] = [:]
    var timers: TimerWheel
    var lingering = LingeringSockets(firstToken: 1 << 62)
    /// What the client whose turn it is wants to have done.
    var actions = ClientActions()
    var events: [ClientEvent] = []
    let arena: UnsafeMutableRawBufferPointer
    var random = SystemRandomNumberGenerator()

    /// Bytes read at once.
    private static let arenaBytes = 65_536
    /// Reads of one client in a turn, after which the others have theirs.
    private static let reads = 4

    init(_ loop: ClientLoop, waker: Waker?) throws(TransportError) {
        self.loop = loop
        poller = try Poller(waker: waker)
        timers = TimerWheel(at: clock.now())
        arena = .allocate(byteCount: Self.arenaBytes, alignment: 16)
    }

    deinit { arena.deallocate() }

    /// Waits until there is something to do, and does it.
    mutating func turn() {
        var (scheduled, resolved) = loop.take(beforeSleep: true)
        let isIdle = scheduled.isEmpty && resolved.isEmpty
        var deadline = timers.nextDeadline
        if let end = lingering.nextDeadline { deadline = min(deadline ?? .never, end) }
        poller.wait(until: isIdle ? deadline : .zero, clock: clock, into: &batch)
        let now = clock.now()
        if isIdle { (scheduled, resolved) = loop.take(beforeSleep: false) }
        for index in 0..<batch.count {
            let event = batch[index]
            if lingering.owns(event.token) {
                lingering.handle(event)
            } else if let driver = drivers[event.token] {
                ready(driver, event, at: now)
            }
        }
        for resolution in resolved { resolutionCame(resolution, at: now) }
        for inbox in scheduled { serve(inbox, at: now) }
        lingering.advance(to: now)
        var due: [UInt64] = []
        timers.advance(to: now) { due.append($0) }
        for number in due {
            guard let driver = drivers[number] else { continue }
            driver.timer = TimerWheel.none
            driver.core.advance(to: now, into: &actions)
            carryOut(driver, at: now)
        }
    }

    /// Takes what other threads have told a client.
    private mutating func serve(_ inbox: ClientInbox, at now: Instant) {
        guard let driver = drivers[inbox.number] ?? begin(inbox) else { return }
        let isTaken = inbox.state.withLock { state in
            swap(&events, &state.events)
            state.isScheduled = false
            defer { state.isTaken = false }
            return state.isTaken
        }
        for event in events { driver.core.handle(event, at: now, into: &actions) }
        events.removeAll(keepingCapacity: true)
        if driver.isPaused, isTaken || driver.core.awaitsAnswer { resumeReading(driver, at: now) }
        carryOut(driver, at: now)
    }

    /// nil: it is over, and somebody has not heard of it.
    private mutating func begin(_ inbox: ClientInbox) -> ClientDriver? {
        guard !inbox.state.withLock({ $0.isEnded }) else { return nil }
        let driver = ClientDriver(inbox, seed: random.next())
        drivers[inbox.number] = driver
        return driver
    }

    private mutating func ready(_ driver: ClientDriver, _ event: PollEvent, at now: Instant) {
        if driver.socket.isConnecting {
            if event.writable || event.hangup { connectingEnded(driver, at: now) }
        } else {
            if event.writable { flushUnwritten(driver, at: now) }
            if event.readable || event.hangup { read(driver, at: now) }
        }
        carryOut(driver, at: now)
    }

    private mutating func read(_ driver: ClientDriver, at now: Instant) {
        for _ in 0..<Self.reads {
            let descriptor = driver.socket.descriptor
            guard descriptor >= 0 else { return }
            let count = Socket.receive(descriptor, into: arena)
            if count == Socket.wouldBlock { return }
            guard count > 0 else { return driver.core.handle(.closed, at: now, into: &actions) }
            let bytes = UnsafeRawBufferPointer(rebasing: arena[..<count])
            if driver.unfinished.isEmpty {
                let consumed = driver.core.receive(bytes, at: now, into: &actions)
                if consumed < count { driver.unfinished.append(contentsOf: bytes[consumed...]) }
            } else {
                driver.unfinished.append(contentsOf: bytes)
                let consumed = driver.unfinished.withUnsafeBytes { driver.core.receive($0, at: now, into: &actions) }
                driver.unfinished.removeFirst(consumed)
                if driver.unfinished.isEmpty { driver.unfinished = [] }
            }
            // A short read has emptied the socket.
            if count < arena.count { return }
        }
    }

    mutating func resumeReading(_ driver: ClientDriver, at now: Instant) {
        driver.isPaused = false
        driver.core.handle(.readingPaused(false), at: now, into: &actions)
    }
}
