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
            stage == "client" || direction == "S>C" ? [.server] : direction == "both" && valid ? [.client, .server] : [.client]
        }
    }

    struct Fields: Decodable, Sendable {
        var type: String
        var form: String?
        var code: UInt8?
        var codes: [UInt8]?
        var protocol_level: UInt8?
        var protocol_name: String?
        var clean: Bool?
        var keep_alive: UInt16?
        var client_id: String?
        var username: String?
        var password_hex: String?
        var will: Will?
        var session_present: Bool?
        var dup: Bool?
        var qos: UInt8?
        var retain: Bool?
        var topic: String?
        var payload_hex: String?
        var packet_id: UInt16?
        var filters: [Filter]?
        var properties: [PropertyValue]?
    }

    struct Will: Decodable, Sendable {
        var qos: UInt8
        var retain: Bool
        var topic: String
        var payload_hex: String
        var properties: [PropertyValue]?
    }

    /// A bare string in UNSUBSCRIBE, with options in SUBSCRIBE.
    struct Filter: Decodable, Sendable {
        var filter: String
        var qos: UInt8 = 0
        var no_local: UInt8 = 0
        var retain_as_published: UInt8 = 0
        var retain_handling: UInt8 = 0

        enum CodingKeys: CodingKey { case filter, qos, no_local, retain_as_published, retain_handling }

        init(from decoder: any Decoder) throws {
            if let bare = try? decoder.singleValueContainer().decode(String.self) {
                filter = bare
                return
            }
            let container = try decoder.container(keyedBy: CodingKeys.self)
            filter = try container.decode(String.self, forKey: .filter)
            qos = try container.decode(UInt8.self, forKey: .qos)
            no_local = try container.decodeIfPresent(UInt8.self, forKey: .no_local) ?? 0
            retain_as_published = try container.decodeIfPresent(UInt8.self, forKey: .retain_as_published) ?? 0
            retain_handling = try container.decodeIfPresent(UInt8.self, forKey: .retain_handling) ?? 0
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
        var share_name: String?
        var inner_filter: String?
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
    var topic_match: [TopicMatch]
    var filter_validity: [FilterValidity]
    var topic_name_validity: [NameValidity]
    var shared_filters: [SharedFilter]
    var variable_byte_integers: [Number]
    var streams: [Stream]

    /// Read once; a test asserts that it is not empty.
    static let all: Vectors = {
        let empty = Vectors(
            vectors: [], topic_match: [], filter_validity: [], topic_name_validity: [], shared_filters: [],
            variable_byte_integers: [], streams: [])
        guard let file = Bundle.module.url(forResource: "packets", withExtension: "json", subdirectory: "Data"),
            let data = try? Data(contentsOf: file)
        else { return empty }
        do {
            return try JSONDecoder().decode(Vectors.self, from: data)
        } catch {
            print("packets.json: \(error)")
            return empty
        }
    }()

    static let valid = all.vectors.filter(\.valid)
    static let invalid = all.vectors.filter { !$0.valid }
}
