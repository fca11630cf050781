import ClientCore
import Primitives
import Transport

/// What a client wants to have done, done.
extension LoopTurns {
    mutating func carryOut(_ driver: ClientDriver, at now: Instant) {
        // Carrying out may have the client decide something else, and what was held back follows what is written.
        repeat {
            let received = actions.received
            actions.received.removeAll(keepingCapacity: true)
            deliver(received, driver, at: now)
            write(driver, at: now)
            // Before anybody is told that something is through.
            driver.inbox.admit(releasing: actions.releasedMessages, actions.releasedBytes, failed: actions.failedMessages)
            (actions.releasedMessages, actions.releasedBytes, actions.failedMessages) = (0, 0, 0)
            let list = actions.list
            actions.list.removeAll(keepingCapacity: true)
            carryOut(list, driver, at: now)
            if driver.core.awaitsWriting, driver.unwritten.isEmpty { driver.core.handle(.writable, at: now, into: &actions) }
        } while !actions.isEmpty
        guard drivers[driver.inbox.number] != nil else { return }
        watch(driver)
        arm(driver)
    }

    private mutating func carryOut(_ list: [ClientAction], _ driver: ClientDriver, at now: Instant) {
        guard !list.isEmpty else { return }
        let inbox = driver.inbox
        var outcomes: [(operation: Operation, outcome: Outcome)] = []
        for action in list {
            switch action {
            case .completed(let operation, let outcome): outcomes.append((operation, outcome))
            case .open(let server): open(server, driver, at: now)
            case .close: close(driver, at: now)
            case .state(let state): inbox.tell(state)
            case .ended(let subscription, let error): inbox.end(subscription, error)
            case .commit(let changes, let number):
                inbox.store?.commit(changes) { result in
                    switch result {
                    case .success: inbox.post(.committed(number))
                    case .failure(let error): inbox.post(.commitFailed(number, reason: error.reason))
                    }
                }
            case .load(let sequence, let bytes):
                inbox.store?.load(after: sequence, bytes: bytes) { result in
                    switch result {
                    case .success(let messages): inbox.post(.loaded(messages))
                    case .failure(let error): inbox.post(.loadFailed(reason: error.reason))
                    }
                }
            case .finished(let error):
                if driver.timer != TimerWheel.none { timers.cancel(driver.timer) }
                drivers[inbox.number] = nil
                inbox.complete(outcomes)
                outcomes = []
                inbox.finish(error)
            }
        }
        if !outcomes.isEmpty { inbox.complete(outcomes) }
    }

    /// Gives each run of messages of one subscription to its reader.
    private mutating func deliver(
        _ received: [(subscription: UInt32, message: ReceivedMessage)], _ driver: ClientDriver, at now: Instant
    ) {
        var start = 0
        while start < received.count {
            let number = received[start].subscription
            var end = start + 1
            while end < received.count, received[end].subscription == number { end += 1 }
            let (buffer, isForResponses) = driver.inbox.state.withLock { ($0.buffers[number], $0.responses.subscription == number) }
            if isForResponses {
                for (_, message) in received[start..<end] { respond(driver, message, at: now) }
            } else if let buffer, let count = buffer.append(received[start..<end]) {
                if count > driver.inbox.configuration.bufferedMessages { slowDown(driver, buffer, at: now) }
            } else {
                // Its reader has gone.
                driver.core.handle(.acknowledge(received[start..<end].map(\.message.receipt)), at: now, into: &actions)
            }
            start = end
        }
    }

    private mutating func respond(_ driver: ClientDriver, _ message: ReceivedMessage, at now: Instant) {
        if let correlationData = message.properties.correlationData { driver.inbox.respond(correlationData, .success(message)) }
        if message.receipt != 0 { driver.core.handle(.acknowledge([message.receipt]), at: now, into: &actions) }
    }

    /// A reader is behind: nothing more is read for it, unless an answer is awaited that has to be read.
    private mutating func slowDown(_ driver: ClientDriver, _ buffer: MessageBuffer, at now: Instant) {
        let limit = driver.inbox.configuration.bufferedMessages
        if driver.core.awaitsAnswer {
            buffer.dropOldest(downTo: limit)
        } else if !driver.isPaused, buffer.holdUp(above: limit) {
            driver.isPaused = true
            driver.core.handle(.readingPaused(true), at: now, into: &actions)
        }
    }

    // MARK: The socket

    private mutating func write(_ driver: ClientDriver, at now: Instant) {
        defer { actions.output.removeAll() }
        guard actions.output.count > 0, driver.socket.descriptor >= 0 else { return }
        let bytes = actions.output.bytes
        var sent = 0
        if driver.unwritten.isEmpty {
            let result = send(driver, bytes, at: now)
            guard result != Socket.broken else { return }
            sent = max(0, result)
            if sent < bytes.count { driver.core.handle(.congested, at: now, into: &actions) }
        }
        driver.unwritten.append(contentsOf: bytes[sent...])
    }

    mutating func flushUnwritten(_ driver: ClientDriver, at now: Instant) {
        guard !driver.unwritten.isEmpty else { return }
        let sent = driver.unwritten.withUnsafeBytes { send(driver, UnsafeRawBufferPointer(rebasing: $0[driver.writtenBytes...]), at: now) }
        driver.writtenBytes += max(0, sent)
        if sent > 0 { driver.core.handle(.written, at: now, into: &actions) }
        guard driver.writtenBytes >= driver.unwritten.count else { return }
        (driver.unwritten, driver.writtenBytes) = ([], 0)
        driver.core.handle(.writable, at: now, into: &actions)
    }

    private mutating func send(_ driver: ClientDriver, _ bytes: UnsafeRawBufferPointer, at now: Instant) -> Int {
        let sent = Socket.send(driver.socket.descriptor, bytes)
        if sent == Socket.broken { driver.core.handle(.closed, at: now, into: &actions) }
        return sent
    }

    private mutating func watch(_ driver: ClientDriver) {
        guard driver.socket.descriptor >= 0, driver.socket.watched != driver.interest else { return }
        let token = driver.inbox.number
        do throws(TransportError) {
            if driver.socket.watched == nil {
                try poller.add(driver.socket.descriptor, token: token, interest: driver.interest)
            } else {
                try poller.modify(driver.socket.descriptor, token: token, interest: driver.interest)
            }
            driver.socket.watched = driver.interest
        } catch {
            // Not watched, the connection is silent; a time-out ends it.
        }
    }

    private mutating func arm(_ driver: ClientDriver) {
        let due = driver.core.nextDeadline
        // A timer that rings too early costs less than one that is moved with each packet.
        guard due != .never, driver.timer == TimerWheel.none || due < driver.timerDue else { return }
        if driver.timer != TimerWheel.none { timers.cancel(driver.timer) }
        driver.timer = timers.arm(driver.inbox.number, at: due)
        driver.timerDue = due
    }
}
