import Foundation
import Testing

@Suite("Tests mirror sources")
struct MirrorTests {
    private let modules = ["Primitives", "MQTTCodec", "MQTTSession", "BrokerCore", "ClientCore"]

    /// Files with logic whose proof lies elsewhere, with where and why.
    private let elsewhere: [String: String] = [
        "Sources/BrokerCore/Telemetry/Census.swift": "SimulationTests: after each seed all tables are empty",
        "Sources/Primitives/ByteComparison.swift": "SharedBytesTests and LevelTableTests: every comparison of names is one of these",
        "Sources/Primitives/SmallCopy.swift": "PublishLayoutTests: every length of topic and payload, against the encoder",
        "Sources/Primitives/SeededRandom.swift": "SimulationTests: a seed gives the same run twice",
        "Sources/Primitives/SlotArray.swift": "DecodingTests: a link is one of its elements",
        "Sources/MQTTCodec/Properties/Property.swift": "PropertyListTests and VectorTests: every property in every packet",
        "Sources/MQTTCodec/Properties/PropertyIdentifier.swift": "PropertyListTests and VectorTests: every property in every packet",
        "Sources/MQTTCodec/Properties/PropertyList+Values.swift": "PropertyListTests",
        "Sources/MQTTCodec/Properties/PropertyReader.swift": "PropertyListTests and VectorTests: every property in every packet",
        "Sources/MQTTCodec/ReasonCode+Packets.swift": "WireTests: every code in every packet",
        "Sources/MQTTCodec/Packets/ConnackPacket.swift": "VectorTests, and the transcripts of refused connections",
        "Sources/MQTTCodec/Wire/AcknowledgementLayout.swift": "VectorTests: decoded, and encoded back to the very bytes",
        "Sources/MQTTCodec/Wire/ByteSink.swift": "PacketEncoderTests: the measured length is the written one",
        "Sources/MQTTCodec/Wire/ByteWord.swift": "UTF8ValidationTests",
        "Sources/MQTTCodec/Wire/ConnackLayout.swift": "VectorTests: decoded, and encoded back to the very bytes",
        "Sources/MQTTCodec/Wire/DisconnectLayout.swift": "VectorTests: decoded, and encoded back to the very bytes",
        "Sources/MQTTCodec/Wire/PacketReader.swift": "PacketDecoderTests",
        "Sources/MQTTCodec/Wire/PublishLayout.swift": "VectorTests: decoded, and encoded back to the very bytes",
        "Sources/MQTTCodec/Wire/UnsubscribeLayout.swift": "VectorTests: decoded, and encoded back to the very bytes",
        "Sources/BrokerCore/Tick/NetworkPort.swift": "a protocol; the harness of BrokerCoreTests and the broker's sockets stand behind it",
        "Sources/BrokerCore/Tick/MailboxPort.swift":
            "a protocol; the harness of BrokerCoreTests and the broker's mailboxes stand behind it",
        "Sources/BrokerCore/Tick/StoragePort.swift":
            "a protocol; the harness of BrokerCoreTests and the broker's store stand behind it",
        "Sources/BrokerCore/Peers/PeerMessage.swift": "PeerBatchTests: a batch nobody reads lets go of what each message shares",
        "Sources/ClientCore/ClientAction.swift":
            "TestClient carries out every action; what they are is in the tests of those who ask for them",
        "Sources/ClientCore/Face/OutboxStore.swift":
            "a protocol; the harness of ClientCoreTests and the outbox on disk, which MQTTOutboxTests tries, stand behind it",
        "Sources/BrokerCore/Sessions/Session.swift": "state without decisions; what becomes of it is in SessionExpiryTests",
    ]

    @Test("Every source with logic has its test file at the same place")
    func mirror() throws {
        for file in try modules.flatMap({ try SwiftSource.all(in: "Sources/\($0)") }) where hasLogic(file) && elsewhere[file.path] == nil {
            let twin = file.path.replacingOccurrences(of: "Sources/\(file.module)/", with: "Tests/\(file.module)Tests/")
                .replacingOccurrences(of: ".swift", with: "Tests.swift")
            #expect(Repository.exists(twin), "\(file.path) has no \(twin), nor a reason in MirrorTests")
        }
    }

    @Test("Every exception is still one")
    func exceptions() {
        for (path, reason) in elsewhere {
            #expect(Repository.exists(path), "\(path) is gone")
            #expect(!reason.isEmpty)
        }
    }

    /// A named function, a subscript, or a property that computes more than a line.
    private func hasLogic(_ file: SwiftSource) -> Bool {
        !file.code.lines(with: #"\bfunc\s+\w|\bsubscript\b|\bvar\b[^={]*\{\s*$"#).isEmpty
    }
}
