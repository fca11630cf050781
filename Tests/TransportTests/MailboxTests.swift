import CLinux
import Glibc
import Primitives
import Testing

@testable import Transport

struct MailboxTests {
    private struct Letter: BitwiseCopyable, Sendable, Equatable {
        var sender: Int
        var number: Int
    }

    /// Three owners; the mailbox is that of number 0.
    private let wakers: [Waker]
    private let mailbox: Mailbox<Letter>

    init() throws {
        wakers = [try Waker(), try Waker(), try Waker()]
        mailbox = Mailbox(owner: wakers[0], senders: wakers)
    }

    /// How often one was woken since this was asked last.
    private func wakes(of number: Int) -> Int {
        var count: eventfd_t = 0
        return eventfd_read(wakers[number].event.descriptor, &count) == 0 ? Int(count) : 0
    }

    private func taken() -> [Letter] {
        var letters: [Letter] = []
        mailbox.take(into: &letters, sender: { $0.sender }, free: { _ in })
        return letters
    }

    @Test("Letters are appended to what is there, those of one sender in their order, and taken once")
    func order() {
        for number in 0..<5 {
            mailbox.post(Letter(sender: 1, number: number), bytes: 1, from: 1)
            mailbox.post(Letter(sender: 2, number: number), bytes: 1, from: 2)
        }
        var letters = [Letter(sender: 0, number: 99)]
        mailbox.take(into: &letters, sender: { $0.sender }, free: { _ in })
        #expect(letters.count == 11 && letters[0].number == 99)
        for sender in 1...2 { #expect(letters.filter { $0.sender == sender }.map(\.number) == Array(0..<5)) }
        #expect(taken().isEmpty)
    }

    @Test("An owner that is busy is not woken, one that sleeps is woken once for many letters")
    func oneWake() {
        mailbox.post(Letter(sender: 1, number: 0), bytes: 1, from: 1)
        #expect(wakes(of: 0) == 0)
        _ = taken()
        #expect(mailbox.willSleep())
        for number in 0..<10 { mailbox.post(Letter(sender: 1, number: number), bytes: 1, from: 1) }
        #expect(wakes(of: 0) == 1)
        mailbox.didWake()
        mailbox.post(Letter(sender: 1, number: 10), bytes: 1, from: 1)
        #expect(wakes(of: 0) == 0)
    }

    @Test("An owner woken by something else is not woken by letters, and does not fall asleep over them")
    func noSleepOverLetters() {
        #expect(mailbox.willSleep())
        mailbox.didWake()
        mailbox.post(Letter(sender: 1, number: 0), bytes: 1, from: 1)
        #expect(!mailbox.willSleep())
        mailbox.post(Letter(sender: 1, number: 1), bytes: 1, from: 1)
        #expect(wakes(of: 0) == 0)
        #expect(taken().count == 2)
        #expect(mailbox.willSleep())
    }

    @Test("A full lane has no room until its letters are taken, and leaves the other lanes alone")
    func room() {
        #expect(mailbox.hasRoom(from: 1, limit: 100))
        mailbox.post(Letter(sender: 1, number: 0), bytes: 60, from: 1)
        #expect(mailbox.hasRoom(from: 1, limit: 100))
        mailbox.post(Letter(sender: 1, number: 1), bytes: 60, from: 1)
        #expect(!mailbox.hasRoom(from: 1, limit: 100))
        #expect(mailbox.hasRoom(from: 2, limit: 100))
        _ = taken()
        #expect(mailbox.hasRoom(from: 1, limit: 1))
    }

    @Test("Senders that were told there is no room are woken when there is, once, and nobody else")
    func roomAwaited() {
        for sender in 1...2 { mailbox.post(Letter(sender: sender, number: 0), bytes: 10, from: sender) }
        #expect(!mailbox.hasRoom(from: 1, limit: 10))
        #expect(!mailbox.hasRoom(from: 1, limit: 10))
        #expect(wakes(of: 1) == 0)
        _ = taken()
        #expect(wakes(of: 1) == 1 && wakes(of: 2) == 0 && wakes(of: 0) == 0)
        mailbox.post(Letter(sender: 1, number: 1), bytes: 10, from: 1)
        _ = taken()
        #expect(wakes(of: 1) == 0)
    }

    @Test("The memory for letters goes back and forth")
    func memory() {
        var letters: [Letter] = []
        var places: Set<UnsafeRawPointer> = []
        for _ in 0..<20 {
            for number in 0..<100 { mailbox.post(Letter(sender: 1, number: number), bytes: 1, from: 1) }
            letters.removeAll(keepingCapacity: true)
            mailbox.take(into: &letters, sender: { $0.sender }, free: { _ in })
            letters.withUnsafeBytes { if let start = $0.baseAddress { places.insert(start) } }
        }
        #expect(places.count <= 2)
    }

    @Test("Two threads pass a letter back and forth through sleeping pollers, and none is left lying")
    func pingPong() throws {
        let rounds = 2_000
        let pollers = [try Waker(), try Waker()]
        let mailboxes = pollers.map { Mailbox<Letter>(owner: $0, senders: pollers) }
        let other = try Thread(name: "pong") {
            do { try Self.answer(rounds, at: 1, mailboxes, pollers) } catch { Issue.record(error) }
        }
        mailboxes[1].post(Letter(sender: 0, number: 0), bytes: 1, from: 0)
        try Self.answer(rounds, at: 0, mailboxes, pollers)
        other.join()
    }

    /// Receives and answers so many letters.
    private static func answer(_ rounds: Int, at place: Int, _ mailboxes: [Mailbox<Letter>], _ wakers: [Waker]) throws {
        let poller = try Poller(waker: wakers[place])
        let end = deadline()
        var events = EventBatch()
        var letters: [Letter] = []
        var count = 0
        while count < rounds {
            guard Clock.system.now() < end else { throw Overdue() }
            poller.wait(until: mailboxes[place].willSleep() ? end : .zero, clock: .system, into: &events)
            mailboxes[place].didWake()
            letters.removeAll(keepingCapacity: true)
            mailboxes[place].take(into: &letters, sender: { $0.sender }, free: { _ in })
            for letter in letters {
                count += 1
                if count == rounds, place == 0 { return }
                mailboxes[1 - place].post(Letter(sender: place, number: letter.number + 1), bytes: 1, from: place)
            }
        }
    }

    @Test("Two threads post as fast as they can and wait for room: the owner gets everything, in order, and never much at once")
    func pressure() throws {
        let count = 20_000
        let limit = 64
        let owner = try Waker()
        let senders = [owner, try Waker(), try Waker()]
        let mailbox = Mailbox<Letter>(owner: owner, senders: senders)
        @Sendable func send(from sender: Int) throws {
            let poller = try Poller(waker: senders[sender])
            let end = deadline()
            var events = EventBatch()
            for number in 0..<count {
                while !mailbox.hasRoom(from: sender, limit: limit) {
                    guard Clock.system.now() < end else { throw Overdue() }
                    poller.wait(until: end, clock: .system, into: &events)
                }
                mailbox.post(Letter(sender: sender, number: number), bytes: 1, from: sender)
            }
        }
        let first = try Thread(name: "first") { do { try send(from: 1) } catch { Issue.record(error) } }
        let second = try Thread(name: "second") { do { try send(from: 2) } catch { Issue.record(error) } }
        let poller = try Poller(waker: owner)
        let end = deadline()
        var events = EventBatch()
        var letters: [Letter] = []
        var next = [0, 0, 0]
        while next[1] < count || next[2] < count, Clock.system.now() < end {
            poller.wait(until: mailbox.willSleep() ? end : .zero, clock: .system, into: &events)
            mailbox.didWake()
            letters.removeAll(keepingCapacity: true)
            mailbox.take(into: &letters, sender: { $0.sender }, free: { _ in })
            #expect(letters.count <= 2 * limit)
            for letter in letters {
                if letter.number != next[letter.sender] { Issue.record("\(letter) instead of \(next[letter.sender])") }
                next[letter.sender] = letter.number + 1
            }
        }
        first.join()
        second.join()
        #expect(next == [0, count, count])
    }
}
