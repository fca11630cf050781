import MQTTCodec
import Primitives
import Transport

/// A fresh client that asks what is retained.
struct Probe {
    private var found: [String: [UInt8]] = [:]
    private var isAnswered = false
    private let connection: PacketConnection

    init(port: UInt16) throws(TransportError) {
        connection = try PacketConnection(port: port, version: .v5)
        connection.send(.connect(ConnectPacket(version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text("probe"))))
        let options = SubscriptionOptions(maximumQoS: .atMostOnce)
        connection.send(.subscribe(SubscribePacket(packetID: 1, requests: [.init(filter: UTF8Text("r/#"), options: options)])))
        connection.send(.pingRequest)
    }

    var descriptor: Int32 { connection.descriptor }

    /// Reads on; true when everything that must be there has come.
    mutating func isDone(expecting certain: Set<String>) -> Bool {
        for arrival in connection.read() {
            switch arrival {
            case .packet(.publish(let publish)) where publish.retain: found[publish.topic.string] = publish.payload
            case .packet(.pingResponse): isAnswered = true
            default: break
            }
        }
        return isAnswered && certain.isSubset(of: found.keys)
    }

    func problem(with topics: RetainedTopics) -> String? { isAnswered ? topics.problem(in: found) : "a fresh client is not served" }
}
