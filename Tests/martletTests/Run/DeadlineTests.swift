import Testing

@testable import martlet

@Suite("A deadline", .timeLimit(.minutes(1)))
struct DeadlineTests {
    @Test("It is one for all steps: what one of them has used the next has not")
    func shared() async throws {
        let deadline = Deadline(within: .milliseconds(20))
        for _ in 0..<2 {
            let (nothing, source) = AsyncStream<Int>.makeStream()
            let step = try await deadline.run {
                for await _ in nothing {}
                return true
            }
            #expect(step == nil && deadline.left == .zero)
            source.finish()
        }
    }

    @Test("In time, it gives what came out; without a limit, whenever that is")
    func inTime() async throws {
        let minute = Deadline(within: .seconds(60))
        #expect(try await minute.run { 1 } == 1)
        #expect(minute.left.map { $0 <= .seconds(60) } == true && minute.words == "60 s")
        let none = Deadline(within: nil)
        #expect(try await none.run { 1 } == 1)
        #expect(none.left == nil)
    }
}
