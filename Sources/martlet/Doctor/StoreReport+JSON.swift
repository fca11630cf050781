import BrokerRecords

extension StoreReport {
    /// One line for programs.
    var json: String {
        let figures = check.figures
        var object = JSONObject()
        object.add("store", path)
        object.add("healthy", check.findings.isEmpty)
        object.addRaw("findings", Self.array(check.findings.map(\.json)))
        object.add("rows", check.rows)
        var file = JSONObject()
        file.add("bytes", fileBytes)
        file.add("used_bytes", usedBytes)
        file.add("reclaimable_bytes", reclaimableBytes)
        object.addRaw("file", file.closed)
        if let shards = figures.shards { object.add("shards", shards) }
        var sessions = JSONObject()
        sessions.add("total", figures.sessions.count)
        for state in SessionRecord.State.allCases { sessions.add(state.rawValue, count(state)) }
        object.addRaw("sessions", sessions.closed)
        object.add("subscriptions", figures.subscriptions)
        object.addRaw("retained", figures.retained.json)
        object.addRaw("queued", figures.sum(\.waiting).json)
        object.addRaw("in_flight", figures.sum(\.inFlight).json)
        object.addRaw("messages", figures.messages.json)
        object.add("wills", figures.wills)
        object.add("received", figures.received)
        object.add("released", figures.released)
        object.add("unconfirmed", figures.unconfirmed)
        object.addRaw("queues", Self.array(queues.prefix(longest).map { json($0.name, $0.session, $0.queue) }))
        object.addRaw("orphans", Self.array(orphans.map { json($0.record.clientID, $0.record, $0.queue) }))
        return object.closed + "\n"
    }

    static func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }

    private func json(_ name: [UInt8], _ session: SessionRecord?, _ queue: StoreFigures.Queue) -> String {
        var object = JSONObject()
        object.add(session == nil ? "share" : "client", bytes: name)
        object.add("messages", queue.messages)
        object.add("in_flight", queue.inFlight.count)
        object.add("bytes", queue.bytes)
        object.addRaw("oldest_seconds", queue.isEmpty ? "null" : "\(age(queue))")
        if let session {
            object.add("state", session.state(at: now).rawValue)
            object.add("away_seconds", session.secondsAway(at: now))
            object.addRaw("expires_in_seconds", session.secondsLeft(at: now).map { "\($0)" } ?? "null")
        }
        return object.closed
    }
}

extension StoreFigures.Amount {
    fileprivate var json: String {
        var object = JSONObject()
        object.add("count", count)
        object.add("bytes", bytes)
        return object.closed
    }
}
