import Testing

@testable import BrokerCore

@Suite("Bytes until the end of an event")
struct ByteScratchTests {
    @Test("There is always as much room as asked for")
    func room() {
        var scratch = ByteScratch()
        for count in [1, 512, 513, 100_000, 10] {
            let place = scratch.reserve(count)
            place.storeBytes(of: 1, as: UInt8.self)
            (place + count - 1).storeBytes(of: 2, as: UInt8.self)
        }
        #expect(scratch.reserve(10) == scratch.reserve(100_000))
    }
}
