import MQTTCodec

/// The receiver's half of the QoS 2 exchanges of a Session: the identifiers between PUBREC and PUBCOMP, by which a
/// message that comes again is recognised [MQTT-4.3.3-10].
///
/// An open-addressing set of 16-bit numbers that owns no memory while empty. A plain pointer; the owner calls `deallocate`.
public struct InboundFlows: BitwiseCopyable {
    private var identifiers: UnsafeMutablePointer<UInt16>?
    private var capacity: UInt32 = 0
    private var used: UInt32 = 0

    public init() {}

    /// Messages received and not yet released.
    public var count: Int { Int(used) }

    public func contains(_ packetID: UInt16) -> Bool { place(of: packetID) != nil }

    /// Remembers an identifier that is not there yet.
    public mutating func insert(_ packetID: UInt16) {
        if (used + 1) * 2 > capacity { grow() }
        put(packetID)
        used += 1
    }

    /// PUBREL came: forgets the identifier [MQTT-4.3.3-12]; false when it was not known.
    public mutating func remove(_ packetID: UInt16) -> Bool {
        guard let identifiers, var gap = place(of: packetID) else { return false }
        var next = (gap + 1) & (capacity - 1)
        while identifiers[Int(next)] != 0 {
            let home = Self.home(identifiers[Int(next)], capacity)
            if (next &- home) & (capacity - 1) >= (next &- gap) & (capacity - 1) {
                identifiers[Int(gap)] = identifiers[Int(next)]
                gap = next
            }
            next = (next + 1) & (capacity - 1)
        }
        identifiers[Int(gap)] = 0
        used -= 1
        if used == 0, capacity > 256 { deallocate() }
        return true
    }

    public mutating func deallocate() {
        identifiers?.deallocate()
        self = InboundFlows()
    }

    /// Spreads identifiers that follow one another, which would otherwise be one long run to search.
    private static func home(_ packetID: UInt16, _ capacity: UInt32) -> UInt32 {
        (UInt32(packetID) &* 0x9E37_79B1) >> UInt32(32 - capacity.trailingZeroBitCount)
    }

    private func place(of packetID: UInt16) -> UInt32? {
        guard let identifiers else { return nil }
        var place = Self.home(packetID, capacity)
        while identifiers[Int(place)] != 0 {
            if identifiers[Int(place)] == packetID { return place }
            place = (place + 1) & (capacity - 1)
        }
        return nil
    }

    private mutating func put(_ packetID: UInt16) {
        guard let identifiers else { return }
        var place = Self.home(packetID, capacity)
        while identifiers[Int(place)] != 0 { place = (place + 1) & (capacity - 1) }
        identifiers[Int(place)] = packetID
    }

    private mutating func grow() {
        let old = identifiers
        let oldCapacity = capacity
        capacity = max(8, capacity * 2)
        let fresh = UnsafeMutablePointer<UInt16>.allocate(capacity: Int(capacity))
        fresh.initialize(repeating: 0, count: Int(capacity))
        identifiers = fresh
        if let old {
            for i in 0..<Int(oldCapacity) where old[i] != 0 { put(old[i]) }
            old.deallocate()
        }
    }
}
