import Testing

@testable import martlet

@Suite("Message stamp")
struct MessageStampTests {
    private let stamp = MessageStamp(due: 0x0102_0304_0506_0708, stream: 7, sequence: 70_000)

    @Test("It is read back from a payload of any size", arguments: [16, 17, 64, 4_096])
    func roundTrip(size: Int) {
        let payload = stamp.payload(size: size)
        #expect(payload.count == size)
        #expect(MessageStamp(payload, streams: 8) == stamp)
    }

    @Test("What others publish is not taken for a message of the run")
    func foreign() {
        #expect(MessageStamp(Array("21.5".utf8), streams: 8) == nil)
        #expect(MessageStamp(stamp.payload(size: 16), streams: 7) == nil)
        #expect(MessageStamp([UInt8](repeating: 0xFF, count: 16), streams: .max) == nil)
    }
}
