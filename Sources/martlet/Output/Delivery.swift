import MQTTClient

/// A message that came, and when.
struct Delivery: Sendable {
    var topic: String
    var payload: [UInt8]
    var qos = QoS.atMostOnce
    var retain = false
    var isDuplicate = false
    var properties = MessageProperties()
    var time: Timestamp
}

extension Delivery {
    init(_ message: MQTTMessage, at time: Timestamp) {
        self.init(
            topic: message.topic, payload: message.payload, qos: message.qos, retain: message.retain, isDuplicate: message.isDuplicate,
            properties: message.properties, time: time)
    }
}
