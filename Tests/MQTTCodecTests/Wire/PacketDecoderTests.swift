import MQTTCodec
import Primitives
import Testing

@Suite("Packet decoder") struct PacketDecoderTests {
    private func frame(_ bytes: [UInt8], _ version: ProtocolVersion?) throws -> PacketDecoder.Frame? {
        try bytes.withUnsafeBytes { raw in try PacketDecoder.frame(raw, version: version) }
    }

    @Test("The fixed header is read without its body") func frames() throws {
        #expect(try frame([], nil) == nil)
        #expect(try frame([0x30], .v5) == nil)
        #expect(try frame([0x30, 0x80], .v5) == nil)
        let found = try #require(try frame([0x3A, 0xFF, 0xFF, 0xFF, 0x7F], .v5))
        #expect(found.type == .publish)
        #expect(found.flags == 0x0A)
        #expect(found.headerLength == 5)
        #expect(found.bodyLength == MQTTCodec.maximumRemainingLength)
        #expect(found.totalLength == 5 + MQTTCodec.maximumRemainingLength)
        #expect(try frame([0x05, 0x00], .v5)?.type == nil)
    }

    @Test("A Remaining Length is minimal in 5.0, and never longer than four bytes [MQTT-1.5.5-1]") func lengths() throws {
        #expect(throws: MalformedPacket(.remainingLength)) { try frame([0xC0, 0x80, 0x00], .v5) }
        #expect(try frame([0xC0, 0x80, 0x00], .v3_1_1)?.headerLength == 3)
        for version in [.v3_1, .v3_1_1, .v5, nil] as [ProtocolVersion?] {
            #expect(throws: MalformedPacket(.remainingLength)) { try frame([0xC0, 0xFF, 0xFF, 0xFF, 0xFF], version) }
        }
        // Before CONNECT is read its version is not known; then it is held to it.
        let long: [UInt8] = bytes("108f00") + bytes("00044d5154540502003c0000026331")
        #expect(try frame(long, nil)?.headerLength == 3)
        var refused = MalformedPacket(.remainingLength)
        refused.protocolLevel = 5
        #expect(throws: refused) { try decoded(long, nil, from: .client) }
    }

    @Test("Packets are found in a stream however it is cut") func streams() throws {
        #expect(!Vectors.all.streams.isEmpty)
        for stream in Vectors.all.streams {
            let version: ProtocolVersion = stream.version == "5.0" ? .v5 : .v3_1_1
            let expected = stream.expect.compactMap { id in Vectors.valid.first { $0.id == id }?.expected }
            #expect(expected.count == stream.expect.count)
            let chunks = (stream.chunks ?? [stream.hex ?? ""]).map { bytes($0) }
            let whole = chunks.flatMap { $0 }
            for chunks in [chunks, whole.map { [$0] }] {
                var pending: [UInt8] = []
                var found: [Packet] = []
                for chunk in chunks {
                    pending += chunk
                    while let packet = try decoded(pending, version, from: .client) {
                        found.append(packet)
                        pending.removeFirst(try #require(try frame(pending, version)).totalLength)
                    }
                }
                #expect(found == expected, "\(stream.id)")
                #expect(pending.isEmpty)
            }
        }
    }

    @Test("A packet cut anywhere is incomplete, and its body cut anywhere never traps", arguments: Vectors.valid)
    func truncation(vector: Vectors.Vector) throws {
        let whole = vector.bytes
        let version = vector.protocolVersion
        for length in (0..<whole.count).prefix(400) {
            let cut = Array(whole[..<length])
            #expect(try decoded(cut, version, from: vector.senders[0]) == nil)
        }
        let header = try #require(try frame(whole, version))
        for length in 0..<header.bodyLength where length < 400 {
            let body = whole[header.headerLength..<(header.headerLength + length)]
            let prefix: [UInt8] = length < 0x80 ? [UInt8(length)] : [UInt8(length & 0x7F) | 0x80, UInt8(length >> 7)]
            survives([whole[0]] + prefix + body, version)
        }
    }

    @Test("No flipped bit traps", arguments: Vectors.all.vectors) func flips(vector: Vectors.Vector) {
        // What follows in the long ones is payload of one letter.
        for index in vector.bytes.indices.prefix(200) {
            for bit in 0..<8 {
                var flipped = vector.bytes
                flipped[index] ^= 1 << UInt8(bit)
                for version in ProtocolVersion.allCases { survives(flipped, version) }
            }
        }
    }

    @Test("No random bytes trap, and what is accepted is written and read back the same") func random() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<20_000 {
            var body = (0..<Int(random.next() % 40)).map { _ in UInt8(truncatingIfNeeded: random.next()) & 0x2F }
            if random.next() % 2 == 0, let seed = Vectors.valid.randomElement(using: &random) {
                body = Array(seed.bytes.dropFirst(2).prefix(100))
                for _ in 0..<(random.next() % 4) where !body.isEmpty {
                    body[Int(random.next() % UInt64(body.count))] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            let packet = [UInt8(truncatingIfNeeded: random.next()), UInt8(body.count)] + body
            for version in ProtocolVersion.allCases { survives(packet, version) }
        }
    }

    /// Decodes for both senders; what is accepted must mean the same once written.
    private func survives(_ packet: [UInt8], _ version: ProtocolVersion) {
        for sender in Sender.allCases {
            guard let value = try? decoded(packet, version, from: sender, controlCharactersAllowed: true) else {
                continue
            }
            var spoken = version
            if case .connect(let connect) = value { spoken = connect.version }
            let again = try? decoded(encoded(value, spoken), spoken, from: sender, controlCharactersAllowed: true)
            if again != value { Issue.record("\(version) \(packet.prefix(100))") }
        }
    }
}
