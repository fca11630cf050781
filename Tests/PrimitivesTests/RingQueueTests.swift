import Primitives
import Testing

@Suite("Ring queue") struct RingQueueTests {
    @Test("Against an array") func behavesLikeAnArray() {
        var random = SeededRandom(seed: 11)
        var queue = RingQueue<Int>()
        defer { queue.deallocate() }
        var model: [Int] = []
        for step in 0..<20_000 {
            // It fills and drains in turns, so that it also gives memory back.
            let isFilling = step / 1_000 % 2 == 0
            switch random.next() % (isFilling ? 4 : 3) {
            case 0: #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            case 1 where isFilling:
                queue.prepend(step)
                model.insert(step, at: 0)
            case 2, 3:
                if isFilling {
                    queue.append(step)
                    model.append(step)
                } else {
                    #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
                }
            default: break
            }
            #expect(queue.count == model.count)
            #expect(queue.isEmpty == model.isEmpty)
            if !model.isEmpty {
                let offset = Int(random.next() % UInt64(model.count))
                #expect(queue[offset] == model[offset])
                queue[offset] = -step
                model[offset] = -step
            }
        }
    }
}
