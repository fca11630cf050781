import Primitives
import Testing

@testable import BrokerCore

@Suite("Client Identifier → Session")
struct SessionRegistryTests {
    @Test("Each is found by its own name and by no other, until it is removed")
    func names() {
        var sessions = SlotTable<Session>()
        var registry = SessionRegistry(hash: ByteHash(seed: 1))
        let names = (0..<500).map { "client \($0)" }
        let slots = names.map { name in sessions.insert(Session(clientID: name.withBytes { SharedBytes(copying: $0) })) }
        for slot in slots { registry.insert(slot, in: sessions) }
        for (i, slot) in slots.enumerated() where i % 2 == 0 { registry.remove(slot, in: sessions) }
        let found = names.map { name in name.withBytes { registry.find($0, in: sessions) } }
        #expect(found == slots.enumerated().map { $0.offset % 2 == 0 ? nil : $0.element })
        #expect(registry.count == 250)
        for slot in slots { sessions[slot].deallocate() }
    }
}
