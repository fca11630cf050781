import Primitives

/// What has to become of a Will.
final class Will {
    enum State {
        /// Its CONNECT is not answered yet.
        case offered
        /// Its connection stands.
        case kept
        /// Its connection is gone, the delay runs.
        case delayed
        /// It has to be published.
        case due
        /// It must not be published: DISCONNECT has come, or the client was back before the delay had passed.
        case discarded
        /// The broker was killed, or the delay ended, too close to what decides.
        case either
    }

    let delaySeconds: UInt32
    var state = State.offered
    /// When DISCONNECT was sent.
    var dismissed: Instant?

    init(delaySeconds: UInt32) { self.delaySeconds = delaySeconds }
}
