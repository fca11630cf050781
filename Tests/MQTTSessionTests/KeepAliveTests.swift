import MQTTSession
import Primitives
import Testing

@Suite("Keep Alive")
struct KeepAliveTests {
    @Test("Silence is borne for one and a half times the interval [MQTT-3.1.2-22]", arguments: [1, 3, 65_535] as [UInt16])
    func deadline(seconds: UInt16) {
        let last = Instant(nanoseconds: 17)
        #expect(KeepAlive(seconds: seconds).deadline(after: last).nanoseconds - 17 == Int64(seconds) * 1_500_000_000)
    }

    @Test("0 bears any silence")
    func off() { #expect(KeepAlive(seconds: 0).deadline(after: .zero) == .never) }
}
