/// The events of one wait, reused for the next.
public struct EventBatch: ~Copyable {
    @usableFromInline var events: [PollEvent] = []

    public init() {}

    @inlinable public var count: Int { events.count }
    @inlinable public var isEmpty: Bool { events.isEmpty }
    @inlinable public subscript(index: Int) -> PollEvent { events[index] }

    mutating func removeAll() { events.removeAll(keepingCapacity: true) }
    mutating func append(_ event: PollEvent) { events.append(event) }
}
