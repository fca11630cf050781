// swift-tools-version: 6.1
import PackageDescription

// A package of its own, as one of yours would be; only the path stands where yours has an address and a version.
let package = Package(
    name: "examples",
    dependencies: [.package(name: "martlet", path: "..")],
    targets: [
        .executableTarget(
            name: "sensor",
            dependencies: [
                .product(name: "MQTTClient", package: "martlet"),
                .product(name: "MQTTOutbox", package: "martlet"),
                .product(name: "MQTTPayloads", package: "martlet"),
            ]),
        .executableTarget(name: "dashboard", dependencies: [.product(name: "MQTTClient", package: "martlet")]),
        .executableTarget(
            name: "service",
            dependencies: [
                .product(name: "MQTTClient", package: "martlet"),
                .product(name: "MQTTPayloads", package: "martlet"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
