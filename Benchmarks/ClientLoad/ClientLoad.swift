import Glibc
import MQTTClient

/// What scripts/bench/clients.py and scripts/endurance.py have the library do, beside what scripts/bench/clients/task.h describes for others.
@main
enum ClientLoad {
    static let usage = """
        usage: ClientLoad publish0|publish1|publish1-tasks|receive0|receive1|memory PORT COUNT SIZE
               ClientLoad outbox PORT FILE

        """

    static func main() async {
        let words = CommandLine.arguments.dropFirst()
        do {
            guard let load = Load(Array(words)) else { throw Failure(description: usage) }
            try await load.run()
        } catch {
            say("ClientLoad: \(error)", to: STDERR_FILENO)
            exit(1)
        }
    }
}

/// Writes a line at once and as a whole, whoever else writes and whatever happens next.
func say(_ line: String, to descriptor: Int32 = STDOUT_FILENO) {
    let bytes = Array((line + "\n").utf8)
    _ = write(descriptor, bytes, bytes.count)
}

/// What ends the program, in words.
struct Failure: Error, CustomStringConvertible {
    var description: String
}

/// One task of the command line.
struct Load {
    enum Kind: String {
        case publish0, publish1, receive0, receive1, memory, outbox
        case publish1Tasks = "publish1-tasks"
    }

    let kind: Kind
    let port: UInt16
    /// Of `outbox`: where it is kept.
    var file = ""
    var count = 0
    /// Bytes of a payload.
    var size = 0

    static let topic = "plant/line/temperature"
    /// QoS 1 messages unacknowledged at a time.
    static let window = 100

    init?(_ words: [String]) {
        guard words.count >= 3, let kind = Kind(rawValue: words[0]), let port = UInt16(words[1]) else { return nil }
        self.kind = kind
        self.port = port
        if kind == .outbox {
            file = words[2]
        } else {
            guard words.count == 4, let count = Int(words[2]), let size = Int(words[3]) else { return nil }
            self.count = count
            self.size = size
        }
    }

    func run() async throws {
        switch kind {
        case .publish0: try await publish { client in try await publishUnacknowledged(client) }
        case .publish1: try await publish { client in try await enqueue(client) }
        case .publish1Tasks: try await publish { client in try await publishInTasks(client) }
        case .receive0: try await receive(.atMostOnce)
        case .receive1: try await receive(.atLeastOnce)
        case .memory: try await measureMemory()
        case .outbox: try await sendFromOutbox()
        }
    }

    /// Without a Client Identifier of its own choice the broker would assign one.
    func configuration(_ name: String) -> ClientConfiguration {
        var configuration = ClientConfiguration(host: "127.0.0.1", port: port, clientID: name)
        configuration.reconnection.maximumAttempts = 1
        return configuration
    }
}
