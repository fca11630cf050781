import MQTTCodec
import Primitives
import Simulator

/// The last things a client has sent and read, for whoever wants to know what went wrong.
struct Journal {
    enum Entry {
        case sent(Packet)
        case read(Packet)
        case note(String)
    }

    static let room = 2_000
    private var entries: [(at: Instant, entry: Entry)] = []

    mutating func note(_ entry: Entry, at instant: Instant) {
        if entries.count >= 2 * Self.room { entries.removeFirst(Self.room) }
        entries.append((instant, entry))
    }

    /// - Parameter start: the instant that is called 0
    func lines(since start: Instant) -> [String] {
        entries.suffix(Self.room).map { at, entry in
            let micros = String((at.nanoseconds - start.nanoseconds) / 1_000 + 1_000_000_000)
            let time = "\(Int(micros.dropLast(6)).map { $0 - 1_000 } ?? 0).\(micros.suffix(6))"
            return switch entry {
            case .sent(let packet): "\(time) → \(PayloadText.line(packet))"
            case .read(let packet): "\(time) ← \(PayloadText.line(packet))"
            case .note(let text): "\(time) \(text)"
            }
        }
    }
}
