import ClientCore
import MQTTCodec
import Testing

@Suite("What an error tells a person")
struct MQTTClientErrorDescriptionTests {
    @Test(
        "It names the code as the standard does, the broker's own words, and what can be done",
        arguments: [
            (.refused(.badUserNameOrPassword, reason: nil), ["bad user name or password (0x86)", "check user name and password"]),
            (.refused(.notAuthorized, reason: "no entry"), ["not authorized (0x87)", "no entry", "access rules"]),
            (.disconnected(.sessionTakenOver, reason: nil), ["session taken over (0x8E)", "same client identifier"]),
            (.publishRefused(.quotaExceeded, reason: nil), ["quota exceeded (0x97)"]),
            (.publishRefused(.qosNotSupported, reason: nil), ["qos not supported (0x9B)"]),
            (.subscriptionRefused([.notAuthorized, .topicFilterInvalid], reason: "why"), ["0x87", "0x8F", "why"]),
            (.packetTooLarge(bytes: 20, maximum: 10), ["20", "10"]),
            (.invalidTopic("a/#", reason: "wildcards are for Topic Filters"), ["\"a/#\"", "wildcards"]),
            (.unreachable(ServerAddress(host: "h"), reason: "no answer in time"), ["cannot reach h:1883", "no answer in time"]),
            (.unreachable(ServerAddress(host: "h"), reason: "cannot connect to 1.2.3.4:1883: Connection refused"), ["1.2.3.4:1883"]),
        ] as [(MQTTClientError, [String])])
    func words(error: MQTTClientError, words: [String]) {
        for word in words { #expect("\(error)".contains(word), "\(error)") }
    }
}
