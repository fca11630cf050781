// swift-tools-version: 6.1
import PackageDescription

// Modules floor by floor, from the foundation up; ARCHITECTURE.md says what each wall protects.
let package = Package(
    name: "martlet",
    products: [
        .executable(name: "martletd", targets: ["martletd"]),
        .library(name: "MQTTCodec", targets: ["MQTTCodec"]),
        .library(name: "Broker", targets: ["Broker"]),
        .executable(name: "martlet", targets: ["martlet"]),
        .library(name: "MQTTClient", targets: ["MQTTClient"]),
        .library(name: "MQTTOutbox", targets: ["MQTTOutbox"]),
        .library(name: "MQTTPayloads", targets: ["MQTTPayloads"]),
        .library(name: "MQTTTestServer", targets: ["MQTTTestServer"]),
    ],
    targets: [
        // Foundation
        .target(name: "Primitives"),
        .target(name: "MQTTCodec", dependencies: ["Primitives"]),
        // Ground and first floor: no I/O, no clock
        .target(name: "MQTTSession", dependencies: ["MQTTCodec", "Primitives"]),
        .target(name: "BrokerRecords", dependencies: ["MQTTCodec", "Primitives"]),
        .target(name: "BrokerCore", dependencies: ["BrokerRecords", "MQTTSession", "MQTTCodec", "Primitives"]),
        .target(name: "ClientCore", dependencies: ["MQTTSession", "MQTTCodec", "Primitives"]),
        // C walls
        .target(name: "CLinux"),
        .target(name: "CTOML"),
        .systemLibrary(name: "CLMDB", providers: [.apt(["liblmdb-dev"])]),
        // Wings
        .target(name: "Transport", dependencies: ["Primitives", "CLinux"]),
        .target(name: "Storage", dependencies: ["Primitives", "Transport", "CLMDB"]),
        // Assembly
        .target(
            name: "Broker",
            dependencies: ["BrokerCore", "BrokerRecords", "Storage", "Transport", "MQTTSession", "MQTTCodec", "Primitives", "CTOML"]),
        // Its functions run where their caller runs: no change of thread but where something is waited for.
        .target(
            name: "MQTTClient", dependencies: ["ClientCore", "Transport", "MQTTCodec", "Primitives"],
            swiftSettings: [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]),
        .target(name: "MQTTOutbox", dependencies: ["MQTTClient", "Storage", "Transport", "Primitives"]),
        .target(name: "MQTTPayloads", dependencies: ["MQTTClient"]),
        .target(name: "MQTTTestServer", dependencies: ["Broker"]),
        // Roof
        .executableTarget(name: "martletd", dependencies: ["Broker"]),
        .executableTarget(name: "martlet", dependencies: ["MQTTClient", "BrokerRecords", "Storage", "MQTTCodec", "Primitives"]),
        // Workshop
        .target(name: "Simulator", dependencies: ["BrokerCore", "BrokerRecords", "MQTTSession", "MQTTCodec", "Primitives"]),
        .executableTarget(name: "simulate", dependencies: ["Simulator"]),
        .executableTarget(name: "crashtest", dependencies: ["Simulator", "Transport", "MQTTCodec", "Primitives"]),
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        .target(name: "CFileCalls", path: "Tests/CFileCalls"),
        .executableTarget(
            name: "Benchmarks", dependencies: ["BrokerCore", "MQTTSession", "MQTTCodec", "Primitives", "CAllocationCounter"],
            path: "Benchmarks", exclude: ["ClientLoad"]),
        .executableTarget(name: "ClientLoad", dependencies: ["MQTTClient", "MQTTOutbox"], path: "Benchmarks/ClientLoad"),
        // Tests
        .testTarget(name: "TransportTests", dependencies: ["Transport", "Primitives", "CLinux"]),
        .testTarget(name: "StorageTests", dependencies: ["Storage", "Transport", "Primitives", "CFileCalls"]),
        .testTarget(
            name: "MQTTOutboxTests", dependencies: ["MQTTOutbox", "MQTTClient", "MQTTTestServer", "Storage", "Transport", "Primitives"]),
        .testTarget(name: "BrokerTests", dependencies: ["Broker", "BrokerCore", "Transport", "MQTTCodec", "Primitives"]),
        .testTarget(name: "martletdTests", dependencies: ["martletd", "Broker"]),
        .testTarget(
            name: "martletTests",
            dependencies: ["martlet", "MQTTClient", "MQTTTestServer", "BrokerRecords", "Storage", "MQTTCodec", "Primitives"]),
        .testTarget(name: "PrimitivesTests", dependencies: ["Primitives"]),
        .testTarget(name: "MQTTCodecTests", dependencies: ["MQTTCodec", "Primitives"], resources: [.copy("Data")]),
        .testTarget(name: "MQTTSessionTests", dependencies: ["MQTTSession", "MQTTCodec", "Primitives"]),
        .testTarget(name: "BrokerRecordsTests", dependencies: ["BrokerRecords", "MQTTCodec", "Primitives"]),
        .testTarget(name: "BrokerCoreTests", dependencies: ["BrokerCore", "BrokerRecords", "MQTTSession", "MQTTCodec", "Primitives"]),
        .testTarget(
            name: "ClientCoreTests", dependencies: ["ClientCore", "MQTTSession", "MQTTCodec", "Primitives"],
            exclude: ["not-applicable.csv"]),
        .testTarget(name: "MQTTClientTests", dependencies: ["MQTTClient", "MQTTTestServer", "Transport"]),
        .testTarget(name: "MQTTPayloadsTests", dependencies: ["MQTTPayloads", "MQTTClient", "MQTTTestServer", "ClientCore"]),
        .testTarget(name: "MQTTTestServerTests", dependencies: ["MQTTTestServer", "MQTTClient"]),
        .testTarget(name: "WireTests", dependencies: ["Broker", "Transport"]),
        .testTarget(
            name: "TranscriptTests", dependencies: ["Broker", "BrokerCore", "Transport", "MQTTCodec", "Primitives"],
            exclude: [
                "connect", "publish", "subscribe", "retained", "will", "session", "auth", "limits", "shared", "systemtopics",
                "not-applicable.csv", "README.md",
            ]),
        .testTarget(name: "crashtestTests", dependencies: ["crashtest", "MQTTCodec", "Primitives"]),
        .testTarget(name: "SimulationTests", dependencies: ["Simulator"]),
        // It starts martletd, martlet, ClientLoad and crashtest as processes; the dependencies have them built.
        .testTarget(
            name: "SystemTests", dependencies: ["martletd", "martlet", "ClientLoad", "crashtest", "Transport"], exclude: ["Clients"]),
        .testTarget(name: "HouseTests"),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
