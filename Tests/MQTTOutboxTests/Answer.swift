import Foundation
import MQTTClient
import Transport

/// An answer that is waited for.
final class Answer<Value: Sendable>: Sendable {
    private let result = Locked<Result<Value, OutboxStoreError>?>(nil)
    private let isGiven = DispatchSemaphore(value: 0)

    func give(_ answer: Result<Value, OutboxStoreError>) {
        result.withLock { $0 = answer }
        isGiven.signal()
    }

    func wait() throws(OutboxStoreError) -> Value {
        _ = isGiven.wait(timeout: .now() + 20)
        return try (result.withLock { $0 } ?? .failure(OutboxStoreError(reason: "no answer in time"))).get()
    }
}

final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-outbox-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}
