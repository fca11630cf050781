import MQTTSession
import Testing

@Suite("Send quota")
struct SendQuotaTests {
    @Test("As many messages as the Receive Maximum, and never more for an acknowledgement too many")
    func bounds() {
        var quota = SendQuota(2)
        quota.giveBack()
        quota.take()
        #expect(!quota.isExhausted)
        quota.take()
        #expect(quota.isExhausted)
        #expect(quota.used == 2)
        quota.giveBack()
        #expect(!quota.isExhausted)
    }

    @Test("It is at least one, or nothing could ever be sent")
    func atLeastOne() { #expect(!SendQuota(0).isExhausted) }
}
