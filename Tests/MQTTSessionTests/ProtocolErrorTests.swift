import MQTTCodec
import MQTTSession
import Testing

@Suite("Errors of the dialogue")
struct ProtocolErrorTests {
    @Test("Where the standard has a code of its own for an error, the client is told that code")
    func codes() {
        let codes: [ProtocolError: ReasonCode] = [
            .topicAliasInvalid: .topicAliasInvalid, .receiveMaximumExceeded: .receiveMaximumExceeded,
            .retainNotSupported: .retainNotSupported, .qosNotSupported: .qosNotSupported, .secondConnect: .protocolError,
        ]
        for (error, code) in codes { #expect(error.reasonCode == code) }
    }
}
