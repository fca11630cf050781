import CAllocationCounter
import Glibc

/// One line of the table.
struct Measurement {
    var name: String
    /// Processor time of one operation, or bytes of one thing.
    var value: Double
    var unit: String
    /// Of one operation; nil where it is not the point.
    var allocations: Double?
}

/// Measures `operations` done by each call of `body`: the median of several rounds, after one that is not counted.
func measure(_ name: String, operations: Int, rounds: Int = 7, _ body: () -> Void) -> Measurement {
    body()
    var times: [Double] = []
    var allocations = UInt64.max
    for _ in 0..<rounds {
        let before = allocation_count()
        let start = processorNanoseconds()
        body()
        times.append(processorNanoseconds() - start)
        allocations = min(allocations, allocation_count() - before)
    }
    let median = times.sorted()[rounds / 2]
    return Measurement(
        name: name, value: median / Double(operations), unit: "ns", allocations: Double(allocations) / Double(operations))
}

/// Bytes of heap that `body` leaves in use, for each of `count` things.
func heapBytes(_ name: String, of count: Int, _ body: () -> Void) -> Measurement {
    let before = heap_bytes_in_use()
    body()
    return Measurement(name: name, value: Double(heap_bytes_in_use() - before) / Double(count), unit: "bytes", allocations: nil)
}

private func processorNanoseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}
