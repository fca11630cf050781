import Primitives

/// What will happen, by time; of two things at one time the one put in first.
struct EventQueue<Event> {
    private var heap: [(at: Instant, number: Int, event: Event)] = []
    private var inserted = 0

    var next: Instant? { heap.first?.at }
    var isEmpty: Bool { heap.isEmpty }

    mutating func insert(_ event: Event, at moment: Instant) {
        inserted += 1
        heap.append((moment, inserted, event))
        var child = heap.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The first event not later than `now`.
    mutating func pop(notAfter now: Instant) -> Event? {
        guard let first = heap.first, first.at <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, least) { least = child }
            if least == parent { return first.event }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool { (heap[a].at, heap[a].number) < (heap[b].at, heap[b].number) }
}
