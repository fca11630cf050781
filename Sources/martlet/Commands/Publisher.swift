import MQTTClient

/// Publishes what a command line says: one message, one many times, or the lines of standard input.
struct Publisher: Sendable {
    private let topic: String
    private let source: PayloadSource
    /// Of a message that is published as often as it is to be; nil: lines.
    private let payload: [UInt8]?
    private let count: Int
    private let qos: QoS
    private let retain: Bool
    private let properties: MessageProperties
    /// Between one message and the next.
    private let interval: Duration
    private let window: Int
    private let showsProgress: Bool

    /// Bytes under way at once, so that large messages do not fill memory.
    private static let windowBytes = 16_777_216

    init(_ arguments: Arguments, _ options: ConnectionOptions) async throws(Failure) {
        topic = try arguments.onlyTopic(options)
        source = try PayloadSource(arguments, of: [.message, .file, .wholeInput, .lines, .empty])
        let isOne = source != .linesOfInput
        guard isOne || !arguments.has(.repeatCount) else { throw Failure(.wrongUsage, "--repeat: expected without -l") }
        guard arguments.has(.repeatCount) || !arguments.has(.repeatDelay) else {
            throw Failure(.wrongUsage, "--repeat-delay: expected together with --repeat")
        }
        guard !arguments.has(.rate) || !arguments.has(.repeatDelay) else {
            throw Failure(.wrongUsage, "expected one of --rate and --repeat-delay, found both")
        }
        guard !arguments.has(.rate) || !isOne || arguments.has(.repeatCount) else {
            throw Failure(.wrongUsage, "--rate: expected together with -l or --repeat")
        }
        qos = arguments.qos(.qos)
        retain = arguments.has(.retain)
        properties = options.properties.publish
        count = arguments.integer(.repeatCount) ?? 1
        interval = arguments.integer(.rate).map { .seconds(1) / $0 } ?? arguments.seconds(.repeatDelay) ?? .zero
        window = 2 * (arguments.integer(.inFlight) ?? 1_024)
        showsProgress = Console.errorIsTerminal && !arguments.has(.quiet) && (count > 1 || !isOne && StandardInput.fileSize != nil)
        payload = isOne ? try await source.contents() : nil
    }

    func publish(with client: MQTTClient) async throws {
        try await withThrowingTaskGroup(of: Int.self) { group in
            var input = StandardInput()
            let size = StandardInput.fileSize
            var progress = Progress()
            var (published, underWay, bytesUnderWay) = (0, 0, 0)
            let began = ContinuousClock.now
            while let next = try await self.next(published, &input) {
                try Task.checkCancellation()
                while underWay > 0, underWay >= window || bytesUnderWay + next.count > Self.windowBytes {
                    bytesUnderWay -= try await group.next() ?? 0
                    underWay -= 1
                }
                if interval > .zero { try await Task.sleep(until: began + interval * published, clock: .continuous) }
                published += 1
                underWay += 1
                bytesUnderWay += next.count
                let number = published
                // Begun here and now, so that messages go into the outbox in their order.
                group.addImmediateTask {
                    try await publish(next, number, with: client)
                    return next.count
                }
                if showsProgress {
                    progress.advance(
                        to: published,
                        share: payload == nil
                            ? size.map { Double(input.bytesRead) / Double(max($0, 1)) } : Double(published) / Double(count))
                }
            }
            try await group.waitForAll()
            if showsProgress { progress.end() }
        }
        try Task.checkCancellation()
    }

    private func next(_ published: Int, _ input: inout StandardInput) async throws(Failure) -> [UInt8]? {
        guard let payload else { return try await input.nextLine() }
        return published < count ? payload : nil
    }

    private func publish(_ payload: [UInt8], _ number: Int, with client: MQTTClient) async throws {
        do throws(MQTTClientError) {
            try await client.publish(payload, to: topic, qos: qos, retain: retain, properties: properties)
        } catch {
            switch error {
            case .publishRefused, .packetTooLarge:
                let which = source == .linesOfInput ? "line \(number) to " : count > 1 ? "message \(number) to " : ""
                throw Failure(.refused, "\(which)\(topic): \(error)")
            default: throw error
            }
        }
    }
}

extension Arguments {
    /// The one topic that `-t`, a bare word or the URL names.
    func onlyTopic(_ options: ConnectionOptions) throws(Failure) -> String {
        let named = texts(.topic) + operands
        guard named.count < 2 else { throw Failure(.wrongUsage, "expected one topic, found \(named.joined(separator: " and "))") }
        guard let topic = named.first ?? options.topic else {
            throw Failure(.wrongUsage, "expected a topic: -t TOPIC, or behind the host of a URL")
        }
        return topic
    }
}
