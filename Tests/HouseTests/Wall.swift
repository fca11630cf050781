/// What a module may import: the table of ARCHITECTURE.md, and the modules of the system it may touch.
struct Wall {
    let modules: Set<String>
    var system: Set<String> = []
    var isBelowTheLine = false

    /// The only files below the line that import `Synchronization`: what shards share is counted there, and with why.
    static let shared: [String: String] = [
        "Sources/Primitives/SharedBytes.swift": "one payload for all shards: its users are on several threads",
        "Sources/Primitives/SharedCounter.swift": "the bounds of the broker are those of all shards together",
    ]

    static let all: [String: Wall] = [
        // Below the double line: the standard library only
        "Primitives": Wall(modules: [], isBelowTheLine: true),
        "MQTTCodec": Wall(modules: ["Primitives"], isBelowTheLine: true),
        "MQTTSession": Wall(modules: ["MQTTCodec", "Primitives"], isBelowTheLine: true),
        "BrokerRecords": Wall(modules: ["MQTTCodec", "Primitives"], isBelowTheLine: true),
        "BrokerCore": Wall(modules: ["BrokerRecords", "MQTTSession", "MQTTCodec", "Primitives"], isBelowTheLine: true),
        "ClientCore": Wall(modules: ["MQTTSession", "MQTTCodec", "Primitives"], isBelowTheLine: true),
        // C walls
        "CLinux": Wall(modules: []),
        "CTOML": Wall(modules: []),
        "CLMDB": Wall(modules: []),
        // Wings and assembly: the operating system
        "Transport": Wall(modules: ["Primitives", "CLinux"], system: ["Glibc", "Synchronization"]),
        "Storage": Wall(modules: ["Primitives", "Transport", "CLMDB"], system: ["Glibc"]),
        "Broker": Wall(
            modules: ["BrokerCore", "BrokerRecords", "Storage", "Transport", "MQTTSession", "MQTTCodec", "Primitives", "CTOML"],
            system: ["Glibc", "Synchronization"]),
        "MQTTClient": Wall(modules: ["ClientCore", "Transport", "MQTTCodec", "Primitives"]),
        "MQTTOutbox": Wall(modules: ["MQTTClient", "Storage", "Transport", "Primitives"]),
        "MQTTPayloads": Wall(modules: ["MQTTClient"], system: ["Foundation"]),
        "MQTTTestServer": Wall(modules: ["Broker"], system: ["Synchronization"]),
        // Roof
        "martletd": Wall(modules: ["Broker"], system: ["Glibc"]),
        "martlet": Wall(
            modules: ["MQTTClient", "BrokerRecords", "Storage", "MQTTCodec", "Primitives"], system: ["Glibc", "Synchronization"]),
        // Workshop
        "Simulator": Wall(modules: ["BrokerCore", "BrokerRecords", "MQTTSession", "MQTTCodec", "Primitives"]),
        "simulate": Wall(modules: ["Simulator"], system: ["Glibc"]),
        "crashtest": Wall(modules: ["Simulator", "Transport", "MQTTCodec", "Primitives"], system: ["Glibc"]),
        "Benchmarks": Wall(modules: ["BrokerCore", "MQTTSession", "MQTTCodec", "Primitives", "CAllocationCounter"], system: ["Glibc"]),
        "ClientLoad": Wall(modules: ["MQTTClient", "MQTTOutbox"], system: ["Glibc", "Synchronization"]),
        "CAllocationCounter": Wall(modules: []),
        "CFileCalls": Wall(modules: []),
    ]
}
