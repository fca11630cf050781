import MQTTCodec
import Primitives

/// A message some client has sent, or left as its Will.
final class Publication {
    /// Messages that must not overtake each other.
    struct Flow: Hashable {
        let publisher: Int
        let topic: String
        let qos: QoS
    }

    /// What its payload begins with; no other has it.
    let key: String
    let flow: Flow
    /// How many of its flow came before it.
    let place: Int
    let payload: [UInt8]
    let retain: Bool
    /// When it was first sent, and when its publisher was told that the broker has it.
    let sent: Moment
    var acknowledged: Moment?
    /// Nil: no Will.
    let will: Will?

    var topic: String { flow.topic }
    var qos: QoS { flow.qos }

    /// - Parameters:
    ///   - size: bytes of the payload at least
    ///   - clears: it is empty, which ends a Retained Message
    init(_ flow: Flow, place: Int, size: Int = 0, retain: Bool = false, clears: Bool = false, will: Will? = nil, sent: Moment) {
        key = "\(flow.publisher) \(flow.topic) \(flow.qos.rawValue) \(place)"
        self.flow = flow
        self.place = place
        let head = Array("\(key).".utf8)
        payload = clears ? [] : head + [UInt8](repeating: UInt8(ascii: "."), count: max(0, size - head.count))
        self.retain = retain
        self.will = will
        self.sent = sent
    }

    /// The key in a payload; nil: it is empty.
    static func key(in payload: [UInt8]) -> String? {
        payload.isEmpty ? nil : String(decoding: payload.prefix { $0 != UInt8(ascii: ".") }, as: UTF8.self)
    }
}

/// A place in the order in which this process has sent and read; what it knew before it acted binds the broker.
typealias Moment = Int
