import Primitives

/// Client Identifier → Session [MQTT-3.1.3-2].
struct SessionRegistry: ~Copyable {
    private var index = HashIndex()
    private let hash: ByteHash

    init(hash: ByteHash) { self.hash = hash }

    var count: Int { index.count }

    func find(_ clientID: UnsafeRawBufferPointer, in sessions: borrowing SlotTable<Session>) -> UInt32? {
        index.find(hashOf(clientID)) { sessions.pointer(to: $0).pointee.clientID.holds(clientID) }
    }

    mutating func insert(_ slot: UInt32, in sessions: borrowing SlotTable<Session>) {
        index.insert(hashOf(sessions.pointer(to: slot).pointee.clientIDBytes), slot)
    }

    mutating func remove(_ slot: UInt32, in sessions: borrowing SlotTable<Session>) {
        index.remove(hashOf(sessions.pointer(to: slot).pointee.clientIDBytes), slot)
    }

    /// Stands for a Client Identifier where a name would be too long to keep; never 0.
    func key(of clientID: UnsafeRawBufferPointer) -> UInt64 { hashOf(clientID) | 1 }

    private func hashOf(_ clientID: UnsafeRawBufferPointer) -> UInt64 {
        guard let start = clientID.baseAddress else { return 0 }
        return hash(start, clientID.count)
    }
}
