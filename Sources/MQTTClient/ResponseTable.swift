import ClientCore

/// Who waits for the response to which request, by Correlation Data [MQTT5 §4.10].
struct ResponseTable {
    typealias Continuation = UnsafeContinuation<Result<ReceivedMessage, MQTTClientError>, Never>

    /// The subscription by which responses come; 0: there is none yet.
    var subscription: UInt32 = 0
    var topic = ""
    private var requests: [[UInt8]: Request] = [:]
    private var lastRequest: UInt64 = 0

    private enum Request {
        case sent
        case answered(Result<ReceivedMessage, MQTTClientError>)
        case awaited(Continuation)
    }

    /// One more response is to come: the Correlation Data by which it is known, which no other request of this client has.
    mutating func expectOne() -> [UInt8] {
        lastRequest += 1
        let correlationData = (0..<8).map { UInt8(truncatingIfNeeded: lastRequest >> UInt64(56 - 8 * $0)) }
        requests[correlationData] = .sent
        return correlationData
    }

    /// `continuation` waits; if the response is here already, it need not.
    mutating func wait(_ correlationData: [UInt8], _ continuation: Continuation) -> Result<ReceivedMessage, MQTTClientError>? {
        if case .answered(let response) = requests[correlationData] {
            requests[correlationData] = nil
            return response
        }
        requests[correlationData] = .awaited(continuation)
        return nil
    }

    /// The response came; who waits for it.
    mutating func answer(_ correlationData: [UInt8], _ response: Result<ReceivedMessage, MQTTClientError>) -> Continuation? {
        switch requests[correlationData] {
        case .awaited(let continuation):
            requests[correlationData] = nil
            return continuation
        case .sent: requests[correlationData] = .answered(response)
        case .answered, nil: break
        }
        return nil
    }

    /// The subscription has ended: the next request makes another. Everybody who waits.
    mutating func end() -> [Continuation] {
        subscription = 0
        topic = ""
        return removeAll()
    }

    /// Everybody who waits.
    mutating func removeAll() -> [Continuation] {
        defer { requests = [:] }
        return requests.values.compactMap { if case .awaited(let continuation) = $0 { continuation } else { nil } }
    }
}

extension ClientInbox {
    /// Waits for the response to a request.
    func response(
        _ correlationData: [UInt8], within timeout: Duration
    ) async -> Result<ReceivedMessage, MQTTClientError> {
        let timer = Task {
            try? await Task.sleep(for: timeout)
            if !Task.isCancelled { respond(correlationData, .failure(.timedOut)) }
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let response = state.withLock { state -> Result<ReceivedMessage, MQTTClientError>? in
                    state.isEnded ? .failure(state.error ?? .stopped) : state.responses.wait(correlationData, continuation)
                }
                if let response { continuation.resume(returning: response) }
            }
        } onCancel: {
            respond(correlationData, .failure(.cancelled))
        }
    }

    /// Whoever waits for the response to a request goes on.
    func respond(_ correlationData: [UInt8], _ response: Result<ReceivedMessage, MQTTClientError>) {
        state.withLock { $0.responses.answer(correlationData, response) }?.resume(returning: response)
    }
}
