import Foundation

/// The invalid vectors of `packets.json`, which the codec's tests keep, as cases on the wire.
enum VectorCases {
    private struct File: Decodable {
        struct Vector: Decodable {
            let id: String
            let version: String
            let valid: Bool
            let hex: String
            let stage: String?
            let expected: String?
        }

        let vectors: [Vector]
    }

    static func all() throws -> [WireCase] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("MQTTCodecTests/Data/packets.json")
        let vectors = try JSONDecoder().decode(File.self, from: Data(contentsOf: file)).vectors
        return vectors.filter { !$0.valid && $0.stage != "client" }.map { vector in
            let version: Version = vector.version == "5.0" ? .v5 : vector.version == "3.1" ? .v3_1 : .v3_1_1
            let digits = Array(vector.hex.utf8)
            let bytes = stride(from: 0, to: digits.count, by: 2).map {
                UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16) ?? 0
            }
            return WireCase(
                name: vector.id, version: version, stage: vector.stage == "connect" ? .connect : .connected, bytes: bytes,
                expected: reactions(vector.expected ?? "", version))
        }
    }

    /// What the words of a vector allow. They say MAY where silence is as good.
    private static func reactions(_ expected: String, _ version: Version) -> [Reaction] {
        let words = expected.split { " ,;+()/".contains($0) }.map(String.init)
        let codes = words.compactMap { $0.hasPrefix("0x") ? UInt8($0.dropFirst(2), radix: 16) : nil }
        if words.contains("20020001") { return [.returnCode(1), .connack(0x84)] }
        if words.contains("20020002") { return [.returnCode(2)] }
        if words.first == "CONNACK" { return codes.map(Reaction.connack) }
        if words.first == "SUBACK" { return [.served([0x90, 4, 0, 10, 0, 0x8F])] + codes.map(Reaction.disconnect) }
        if words.first == "DISCONNECT" { return codes.map(Reaction.disconnect) }
        return [.closed] + (words.contains("SUBACK") ? [.served([0x90, 3, 0, 10, 0x80])] : [])
    }
}
