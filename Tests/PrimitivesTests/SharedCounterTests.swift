import Primitives
import Testing

@Suite("A number that several threads count with") struct SharedCounterTests {
    @Test("What would exceed the limit is not taken, and leaves no trace") func limit() {
        let counter = SharedCounter()
        #expect(counter.take(7, upTo: 10))
        #expect(!counter.take(4, upTo: 10))
        #expect(counter.current == 7)
        #expect(counter.take(3, upTo: 10))
        counter.give(10)
        #expect(counter.current == 0)
    }

    @Test("Many who take at once get no more than there is, and nothing is lost") func threads() async {
        let counter = SharedCounter()
        let taken = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 { group.addTask { (0..<10_000).count { _ in counter.take(1, upTo: 25_000) } } }
            return await group.reduce(0, +)
        }
        #expect(taken == counter.current && taken <= 25_000)
        counter.give(taken)
        #expect(counter.current == 0)
    }
}
