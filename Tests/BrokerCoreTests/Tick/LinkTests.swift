import Testing

@testable import BrokerCore

@Suite("An unfinished packet")
struct LinkTests {
    @Test("It grows with what comes, not with what was announced, and never beyond its packet")
    func growth() {
        var packet = UnfinishedPacket()
        defer { packet.deallocate() }
        "abc".withBytes { packet.append($0) }
        packet.total = 100_000_000
        #expect(packet.capacity == 3)
        let room = packet.room()
        #expect(room.count > 0 && packet.capacity <= 65_536)
        packet.total = 70_000
        packet.filled(room.count)
        #expect(packet.room().count == 70_000 - 65_536)
        #expect(packet.capacity == 70_000)
    }
}
