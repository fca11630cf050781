import Foundation
import MQTTCodec
import Testing

/// The wire vectors of `Data/packets.json`.
struct Vectors: Decodable {
    struct Vector: Decodable, CustomTestStringConvertible, Sendable {
        var id: String
        var version: String
        var direction: String
        var valid: Bool
        var hex: String
        var decoded: Fields?
        var stage: String?
        var error: String?

        var testDescription: String { id }
        var bytes: [UInt8] { MQTTCodecTests.bytes(hex) }
        var protocolVersion: ProtocolVersion { version == "5.0" ? .v5 : version == "3.1" ? .v3_1 : .v3_1_1 }
        var senders: [Sender] {
            stage == "client" || direction == "S>C"
                ? [.server] : direction == "both" && valid ? [.client, .server] : [.client]
        }
    }

    struct Fields: Decodable, Sendable {
        var type: String
        var form: String?
        var code: UInt8?
        var codes: [UInt8]?
        var protocolLevel: UInt8?
        var protocolName: String?
        var clean: Bool?
        var keepAlive: UInt16?
        var clientId: String?
        var username: String?
        var passwordHex: String?
        var will: Will?
        var sessionPresent: Bool?
        var dup: Bool?
        var qos: UInt8?
        var retain: Bool?
        var topic: String?
        var payloadHex: String?
        var packetId: UInt16?
        var filters: [Filter]?
        var properties: [PropertyValue]?
    }

    struct Will: Decodable, Sendable {
        var qos: UInt8
        var retain: Bool
        var topic: String
        var payloadHex: String
        var properties: [PropertyValue]?
    }

    /// A bare string in UNSUBSCRIBE, with options in SUBSCRIBE.
    struct Filter: Decodable, Sendable {
        var filter: String
        var qos: UInt8 = 0
        var noLocal: UInt8 = 0
        var retainAsPublished: UInt8 = 0
        var retainHandling: UInt8 = 0

        enum CodingKeys: CodingKey { case filter, qos, noLocal, retainAsPublished, retainHandling }

        init(from decoder: any Decoder) throws {
            if let bare = try? decoder.singleValueContainer().decode(String.self) {
                filter = bare
                return
            }
            let container = try decoder.container(keyedBy: CodingKeys.self)
            filter = try container.decode(String.self, forKey: .filter)
            qos = try container.decode(UInt8.self, forKey: .qos)
            noLocal = try container.decodeIfPresent(UInt8.self, forKey: .noLocal) ?? 0
            retainAsPublished = try container.decodeIfPresent(UInt8.self, forKey: .retainAsPublished) ?? 0
            retainHandling = try container.decodeIfPresent(UInt8.self, forKey: .retainHandling) ?? 0
        }
    }

    struct PropertyValue: Decodable, Sendable {
        enum Value: Decodable, Sendable {
            case number(UInt32)
            case text(String)
            case pair(String, String)

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(UInt32.self) {
                    self = .number(number)
                } else if let text = try? container.decode(String.self) {
                    self = .text(text)
                } else {
                    let pair = try container.decode([String].self)
                    self = .pair(pair[0], pair[1])
                }
            }
        }

        var id: UInt8
        var value: Value
    }

    struct TopicMatch: Decodable, Sendable {
        var filter: String
        var topic: String
        var match: Bool
    }
    struct FilterValidity: Decodable, Sendable {
        var filter: String
        var valid: Bool
    }
    struct NameValidity: Decodable, Sendable {
        var topic: String
        var valid: Bool
    }
    struct SharedFilter: Decodable, Sendable {
        var filter: String
        var valid: Bool
        var shareName: String?
        var innerFilter: String?
    }
    struct Number: Decodable, Sendable {
        var value: UInt32?
        var hex: String
        var valid: Bool
        var error: String?
    }
    struct Stream: Decodable, Sendable {
        var id: String
        var version: String
        var hex: String?
        var chunks: [String]?
        var expect: [String]
    }

    var vectors: [Vector]
    var topicMatch: [TopicMatch]
    var filterValidity: [FilterValidity]
    var topicNameValidity: [NameValidity]
    var sharedFilters: [SharedFilter]
    var variableByteIntegers: [Number]
    var streams: [Stream]

    /// Read once; a test asserts that it is not empty.
    static let all: Vectors = {
        let empty = Vectors(
            vectors: [], topicMatch: [], filterValidity: [], topicNameValidity: [], sharedFilters: [],
            variableByteIntegers: [], streams: [])
        guard let file = Bundle.module.url(forResource: "packets", withExtension: "json", subdirectory: "Data"),
            let data = try? Data(contentsOf: file)
        else { return empty }
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(Vectors.self, from: data)
        } catch {
            print("packets.json: \(error)")
            return empty
        }
    }()

    static let valid = all.vectors.filter(\.valid)
    static let invalid = all.vectors.filter { !$0.valid }
}
