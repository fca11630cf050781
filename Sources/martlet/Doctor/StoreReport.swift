import BrokerRecords

/// What `martlet doctor` says of a store, for people.
struct StoreReport {
    let path: String
    let fileBytes: Int
    /// In which something is.
    let usedBytes: Int
    let check: StoreCheck
    /// In nanoseconds since 1970.
    let now: Int64
    /// How many queues are listed, and which come first.
    var longest = 10
    var order = Order.bytes

    enum Order: String, CaseIterable {
        case bytes, messages, age
    }

    /// Findings shown to people; programs get all.
    static let mostFindings = 100
    /// Seconds a client with a generated identifier may be away and still be expected.
    static let orphanSeconds = 86_400

    var reclaimableBytes: Int { max(0, fileBytes - usedBytes) }

    struct Queue {
        let name: [UInt8]
        /// nil: of a Shared Subscription.
        let session: SessionRecord?
        let queue: StoreFigures.Queue
    }

    /// Every queue that is not empty, the largest or the oldest first.
    var queues: [Queue] {
        var queues = check.figures.sessions.values.map { Queue(name: $0.record.clientID, session: $0.record, queue: $0.queue) }
        queues += check.figures.shares.map {
            Queue(name: Array("$share/".utf8) + $0.name + [UInt8(ascii: "/")] + $0.filter, session: nil, queue: $1)
        }
        return queues.filter { !$0.queue.isEmpty }.sorted { first, second in
            let (a, b) = (rank(first.queue), rank(second.queue))
            return a != b ? a > b : first.name.lexicographicallyPrecedes(second.name)
        }
    }

    private func rank(_ queue: StoreFigures.Queue) -> Int {
        switch order {
        case .bytes: queue.bytes
        case .messages: queue.messages
        case .age: age(queue)
        }
    }

    /// Seconds that the first message has waited.
    func age(_ queue: StoreFigures.Queue) -> Int { max(0, SessionRecord.seconds(from: queue.oldest ?? now, to: now)) }

    /// Sessions whose clients will hardly come back: nobody chose their identifier, they have been away long, and something waits for them or
    /// nothing ends them.
    var orphans: [StoreFigures.Session] {
        check.figures.sessions.values.filter { session in
            let record = session.record
            return record.state(at: now) == .disconnected && record.secondsAway(at: now) >= Self.orphanSeconds
                && (!session.queue.isEmpty || record.expirySeconds == .max) && GeneratedIdentifier.isLikely(record.clientID)
        }.sorted { $0.record.disconnectedAt < $1.record.disconnectedAt }
    }

    func count(_ state: SessionRecord.State) -> Int {
        check.figures.sessions.values.count { $0.record.state(at: now) == state }
    }
}

// MARK: - Text

extension StoreReport {
    var text: String {
        let findings = check.findings
        var lines = ["\(path): " + (findings.isEmpty ? "healthy, " : "\(Self.findings(findings.count)), ") + Self.plural(check.rows, "row")]
        lines += findings.prefix(Self.mostFindings).map { "  \($0.tableName) \($0.keyText): \($0.problem)" }
        if findings.count > Self.mostFindings {
            lines.append("  \(Quantity.count(findings.count - Self.mostFindings)) more; --json has all")
        }
        lines += ["", row("file", fileText), row("sessions", sessionsText)]
        lines.append(row("subscriptions", Quantity.count(check.figures.subscriptions)))
        lines.append(row("retained", Self.amount(check.figures.retained)))
        lines.append(row("queued", Self.amount(check.figures.sum(\.waiting))))
        lines.append(row("in flight", Self.amount(check.figures.sum(\.inFlight))))
        lines.append(row("stored once", Self.amount(check.figures.messages)))
        for (name, count) in others where count > 0 { lines.append(row(name, Quantity.count(count))) }
        return (lines + queueLines + orphanLines).joined(separator: "\n") + "\n"
    }

    static func findings(_ count: Int) -> String { plural(count, "finding") }

    static func plural(_ count: Int, _ word: String) -> String { "\(Quantity.count(count)) \(word)" + (count == 1 ? "" : "s") }

    private static func amount(_ amount: StoreFigures.Amount) -> String {
        "\(Quantity.count(amount.count)), \(Quantity.bytes(Double(amount.bytes)))"
    }

    private func row(_ name: String, _ text: String) -> String {
        "  \(name)" + String(repeating: " ", count: max(1, 16 - name.count)) + text
    }

    private var fileText: String {
        let sizes = [fileBytes, usedBytes, reclaimableBytes].map { Quantity.bytes(Double($0)) }
        return "\(sizes[0]): \(sizes[1]) in use, \(sizes[2]) reclaimable by --compact"
    }

    private var sessionsText: String {
        let states = SessionRecord.State.allCases.map { "\(Quantity.count(count($0))) \($0.rawValue)" }
        return "\(Quantity.count(check.figures.sessions.count)): " + states.joined(separator: ", ")
    }

    private var others: [(String, Int)] {
        [
            ("wills", check.figures.wills), ("QoS 2 received", check.figures.received), ("QoS 2 released", check.figures.released),
            ("unconfirmed", check.figures.unconfirmed),
        ]
    }

    private var queueLines: [String] {
        let queues = queues
        guard longest > 0, !queues.isEmpty else { return [] }
        let cells = queues.prefix(longest).map { entry in
            [
                Self.shown(entry.name), Quantity.count(entry.queue.messages), Quantity.count(entry.queue.inFlight.count),
                Quantity.bytes(Double(entry.queue.bytes)), Quantity.age(age(entry.queue)), away(entry.session), left(entry.session),
            ]
        }
        let more = queues.count > longest ? ["  \(Quantity.count(queues.count - longest)) more; --queues N shows more"] : []
        return ["", "  Queues, by \(order.rawValue):"]
            + Self.table([["client", "messages", "in flight", "bytes", "oldest", "away", "expires in"]] + cells) + more
    }

    private var orphanLines: [String] {
        let orphans = orphans
        guard !orphans.isEmpty else { return [] }
        let cells = orphans.prefix(max(longest, 1)).map { session in
            [
                Self.shown(session.record.clientID), Quantity.count(session.queue.messages),
                Quantity.bytes(Double(session.queue.bytes)),
                away(session.record), left(session.record),
            ]
        }
        let more = orphans.count > cells.count ? ["  \(Quantity.count(orphans.count - cells.count)) more; --json has all"] : []
        return ["", "  Probably orphans, with generated identifiers: \(Quantity.count(orphans.count))"]
            + Self.table([["client", "messages", "bytes", "away", "expires in"]] + cells) + more
    }

    private func away(_ session: SessionRecord?) -> String {
        guard let session else { return "-" }
        return session.disconnectedAt == 0 ? "connected" : Quantity.age(session.secondsAway(at: now))
    }

    private func left(_ session: SessionRecord?) -> String {
        guard let session else { return "-" }
        if session.expirySeconds == .max { return "never" }
        guard let seconds = session.secondsLeft(at: now) else { return Quantity.age(Int(session.expirySeconds)) }
        return seconds <= 0 ? "expired" : Quantity.age(seconds)
    }

    private static func shown(_ name: [UInt8]) -> String {
        PlainText.clipped(PlainText.escaped(String(decoding: name, as: UTF8.self)), to: 40)
    }

    /// Columns as wide as they need to be; the first to the left, the others to the right.
    private static func table(_ rows: [[String]]) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { cells in
            "  "
                + cells.enumerated().map { column, cell in
                    let space = String(repeating: " ", count: widths[column] - cell.count)
                    return column == 0 ? cell + space : space + cell
                }.joined(separator: "  ")
        }
    }
}
