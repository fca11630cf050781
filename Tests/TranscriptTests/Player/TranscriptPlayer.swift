import MQTTCodec

/// Plays one scenario in one version against a host, and says where the dialogue differs from the transcript.
struct TranscriptPlayer<Host: TranscriptHost> {
    private var host: Host
    private let run: ScenarioRun
    /// What of each client's bytes has been compared, and the version its connection speaks.
    private var clients: [String: Client] = [:]

    private struct Client {
        var version: ProtocolVersion
        var read = 0
        /// Maximum Packet Size that the client announced; every packet it gets is held against it [MQTT-3.1.2-24].
        var maximumPacketBytes = Int.max
        var isOpen = true
    }

    static func play(_ run: ScenarioRun, on host: Host) throws {
        var player = TranscriptPlayer(host: host, run: run)
        for step in run.scenario.steps {
            if let versions = step.versions, !versions.contains(run.version) { continue }
            do {
                try player.play(step.action)
            } catch let fault as TextFault {
                throw TranscriptError(file: run.scenario.file, line: step.line, message: "[\(run.version)] \(fault.message)")
            }
        }
        try player.finish()
    }

    private init(host: Host, run: ScenarioRun) {
        self.host = host
        self.run = run
    }

    private mutating func play(_ action: Step.Action) throws {
        switch action {
        case .opens(let client): try open(client)
        case .sends(let client, let line):
            let packet = try packet(line, from: client)
            try host.send(WireText.bytes(of: packet, version: clients[client]?.version ?? run.version), by: client)
        case .sendsBytes(let client, let bytes):
            if clients[client]?.isOpen != true { try open(client) }
            try host.send(bytes, by: client)
        case .receives(let client, let lines): try receive(lines, by: client)
        case .mayReceive(let client, let line):
            try settle()
            if WireText.firstPacket(of: Self.unread(client, clients[client], host)) != nil { try receive([line], by: client) }
        case .receivesBytes(let client, let bytes): try receive(bytes, by: client)
        case .isClosed(let client): try expectClosed(client)
        case .isSilent(let client): try expectSilent(client)
        case .drops(let client):
            try host.drop(client)
            clients[client]?.isOpen = false
        case .advances(let milliseconds):
            try settle()
            try host.advance(milliseconds: milliseconds)
            try settle()
        case .brokerStops:
            try settle()
            try host.stop()
        }
    }

    // MARK: Sending

    private mutating func open(_ client: String, version: ProtocolVersion? = nil) throws {
        if let before = clients[client], before.isOpen { try host.drop(client) }
        try host.open(client)
        clients[client] = Client(version: version ?? run.version)
    }

    /// The packet of a line; CONNECT opens a connection where there is none.
    private mutating func packet(_ line: PacketLine, from client: String) throws -> Packet {
        var line = line
        let named = line.takeVersion()
        let version = named ?? (line.name == "CONNECT" ? run.version : clients[client]?.version ?? run.version)
        if clients[client]?.isOpen != true { try open(client, version: version) }
        if line.name == "CONNECT", clients[client]?.read == 0 { clients[client]?.version = version }
        let packet = try PacketText.packet(line, version: version)
        if case .connect(let connect) = packet {
            for case .maximumPacketSize(let bytes) in connect.properties.properties {
                clients[client]?.maximumPacketBytes = Int(bytes)
            }
        }
        return packet
    }

    // MARK: Receiving

    private mutating func settle() throws { try host.settle { _ in true } }

    /// The bytes of the client's connection that have not been compared yet.
    private static func unread(_ client: String, _ state: Client?, _ host: Host) -> ArraySlice<UInt8> {
        host.received(by: client).dropFirst(state?.read ?? 0)
    }

    private mutating func receive(_ lines: [PacketLine], by client: String) throws {
        guard let state = clients[client] else { throw TextFault("\(client) has no connection") }
        var lines = lines.filter { PacketExpectation.applies($0, version: state.version) }
        while !lines.isEmpty {
            let packet = try nextPacket(of: client, insteadOf: lines[0])
            let fields = PacketFields(try WireText.packet(packet, version: state.version), version: state.version)
            let differences = lines.map { PacketExpectation.differences($0, fields, version: state.version) }
            guard let match = differences.firstIndex(of: []) else {
                throw TextFault("\(differences.joined(separator: [" or "]).joined(separator: ", ")); \(client) got \(fields)")
            }
            guard packet.count <= state.maximumPacketBytes else {
                throw TextFault("\(client) got \(packet.count) bytes, more than its Maximum Packet Size")
            }
            lines.remove(at: match)
            clients[client]?.read += packet.count
        }
    }

    private mutating func nextPacket(of client: String, insteadOf line: PacketLine) throws -> [UInt8] {
        let state = clients[client]
        try host.settle { WireText.firstPacket(of: Self.unread(client, state, $0)) != nil || $0.isClosed(client) }
        let unread = Self.unread(client, state, host)
        if let packet = WireText.firstPacket(of: unread) { return packet }
        throw TextFault("\(line.name) expected; \(client) got \(rest(unread, client))")
    }

    private mutating func receive(_ bytes: [UInt8], by client: String) throws {
        let state = clients[client]
        try host.settle { Self.unread(client, state, $0).count >= bytes.count || $0.isClosed(client) }
        let found = Self.unread(client, state, host).prefix(bytes.count)
        guard Array(found) == bytes else { throw TextFault("bytes \(WireText.hex(bytes)) expected; \(client) got \(WireText.hex(found))") }
        clients[client]?.read += bytes.count
    }

    private mutating func expectClosed(_ client: String) throws {
        try host.settle { $0.isClosed(client) }
        let unread = Self.unread(client, clients[client], host)
        guard unread.isEmpty else { throw TextFault("nothing more expected; \(client) got \(rest(unread, client))") }
        guard host.isClosed(client) else { throw TextFault("\(client)'s connection is still open") }
        clients[client]?.isOpen = false
    }

    private mutating func expectSilent(_ client: String) throws {
        try settle()
        let unread = Self.unread(client, clients[client], host)
        guard unread.isEmpty else { throw TextFault("silence expected; \(client) got \(rest(unread, client))") }
        guard !host.isClosed(client) else { throw TextFault("\(client)'s connection has been closed") }
    }

    /// At the end nobody has got anything that the transcript does not tell.
    private mutating func finish() throws {
        try settle()
        for (client, state) in clients.sorted(by: { $0.key < $1.key }) where state.isOpen {
            let unread = Self.unread(client, state, host)
            guard unread.isEmpty else {
                throw TranscriptError(
                    file: run.scenario.file, line: run.scenario.line,
                    message: "[\(run.version)] at the end \(client) got more: \(rest(unread, client))")
            }
        }
    }

    private func rest(_ bytes: ArraySlice<UInt8>, _ client: String) -> String {
        guard !bytes.isEmpty else { return host.isClosed(client) ? "nothing, and was closed" : "nothing" }
        let version = clients[client]?.version ?? run.version
        if let first = WireText.firstPacket(of: bytes), let packet = try? WireText.packet(first, version: version) {
            return PacketFields(packet, version: version).description
        }
        return WireText.hex(bytes)
    }
}
