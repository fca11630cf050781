import ClientCore
import Primitives
import Transport

/// One thread for all clients of a process: it waits, and lets each client do what there is to do.
final class ClientLoop: Sendable {
    private struct State: Sendable {
        /// Clients with something in their inbox.
        var scheduled: [ClientInbox] = []
        var resolved: [Resolution] = []
        var isAsleep = false
        var isRunning = false
        var lastNumber: UInt64 = 0
    }

    /// What came of looking up a name.
    struct Resolution: Sendable {
        let server: ServerAddress
        let result: Result<[SocketAddress], Resolver.Failure>
    }

    static let shared = ClientLoop()

    private let state = Locked(State())
    private let waker = try? Waker()

    /// A number for one more client.
    func nextNumber() -> UInt64 {
        state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    /// Has the loop look into an inbox.
    func schedule(_ inbox: ClientInbox) {
        if state.withLock({ state in
            state.scheduled.append(inbox)
            defer { state.isAsleep = false }
            return state.isAsleep
        }) {
            waker?.wake()
        }
    }

    /// Looks up a name on a thread of its own.
    func resolve(_ server: ServerAddress) {
        do throws(TransportError) {
            _ = try Thread(name: "resolver", stackBytes: 1 << 20) { [self] in
                do throws(Resolver.Failure) {
                    answer(Resolution(server: server, result: .success(try Resolver.addresses(of: server.host, port: server.port))))
                } catch {
                    answer(Resolution(server: server, result: .failure(error)))
                }
            }
        } catch {
            answer(Resolution(server: server, result: .failure(Resolver.Failure(host: server.host, reason: "\(error)"))))
        }
    }

    /// Starts the thread if it is not there; it stays for the life of the process, asleep when there is nothing to do.
    func start() {
        let isFirst = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard isFirst else { return }
        do throws(TransportError) {
            _ = try Thread(name: "mqtt clients") { [self] in
                do throws(TransportError) {
                    var turns = try LoopTurns(self, waker: waker)
                    while true { turns.turn() }
                } catch {
                    fail(error)
                }
            }
        } catch {
            fail(error)
        }
    }

    /// There is no thread: whoever waits for it is told, and the next client may try again.
    private func fail(_ error: TransportError) {
        let scheduled = state.withLock { state in
            state.isRunning = false
            defer { state.scheduled = [] }
            return state.scheduled
        }
        for inbox in scheduled {
            inbox.finish(.unreachable(inbox.configuration.servers.first ?? ServerAddress(host: ""), reason: "\(error)"))
        }
    }

    private func answer(_ resolution: Resolution) {
        if state.withLock({ state in
            state.resolved.append(resolution)
            defer { state.isAsleep = false }
            return state.isAsleep
        }) {
            waker?.wake()
        }
    }

    /// Takes what waits for the loop. With `beforeSleep`, and nothing there, it is asleep from then on.
    func take(beforeSleep: Bool) -> (scheduled: [ClientInbox], resolved: [Resolution]) {
        state.withLock { state in
            state.isAsleep = beforeSleep && state.scheduled.isEmpty && state.resolved.isEmpty
            defer { (state.scheduled, state.resolved) = ([], []) }
            return (state.scheduled, state.resolved)
        }
    }
}
