import Glibc
import Testing

@testable import Transport

struct SignalsTests {
    // A process of its own, because the dispositions belong to the process.
    @Test("signals to the process are read one by one, and SIGPIPE does not end it")
    func delivers() async {
        await #expect(processExitsWith: .success) {
            let thread = try Thread(name: "signals") {
                guard let signals = try? Signals() else { preconditionFailure("no signals") }
                precondition(signals.next() == nil)
                kill(getpid(), SIGPIPE)
                for (number, expected) in [
                    (SIGHUP, Signals.Signal.hangup), (SIGINT, .interrupt), (SIGTERM, .terminate),
                ] {
                    pthread_kill(pthread_self(), number)
                    precondition(signals.next() == expected)
                }
                precondition(signals.next() == nil)
            }
            thread.join()
        }
    }

    @Test("a signal wakes the poller, also when another thread was started since")
    func wakesPoller() async {
        await #expect(processExitsWith: .success) {
            let thread = try Thread(name: "daemon") {
                do {
                    let signals = try Signals()
                    let poller = try Poller()
                    try poller.add(signals.descriptor, token: 5, interest: .readable)
                    let main = pthread_self()
                    let sender = try Thread(name: "sender") { pthread_kill(main, SIGTERM) }
                    sender.join()
                    let event = try nextEvents(of: poller)[0]
                    precondition(event.token == 5 && event.readable)
                    precondition(signals.next() == .terminate)
                } catch {
                    preconditionFailure("\(error)")
                }
            }
            thread.join()
        }
    }
}
