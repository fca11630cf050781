import Foundation
import Testing

@Suite("The walls between modules")
struct ModuleWallsTests {
    @Test("Every file imports only what the table gives its module")
    func imports() throws {
        for file in try SwiftSource.all(in: "Sources") + SwiftSource.all(in: "Benchmarks") {
            let wall = try #require(Wall.all[file.module], "\(file.path): \(file.module) stands in no table")
            let forbidden = Set(file.imports).subtracting(wall.modules).subtracting(wall.system).subtracting([file.module, "Swift"])
                .subtracting(Wall.shared[file.path] == nil ? [] : ["Synchronization"])
            #expect(forbidden.isEmpty, "\(file.path) imports \(forbidden.sorted().joined(separator: ", "))")
        }
    }

    @Test("Package.swift declares exactly the dependencies of the table")
    func package() throws {
        #expect(Set(Package.dependencies.keys) == Set(Wall.all.keys))
        for (module, dependencies) in Package.dependencies {
            #expect(Wall.all[module]?.modules == dependencies, "\(module)")
        }
    }

    @Test("Dependencies point down: no module reaches itself")
    func acyclic() {
        func reaches(_ module: String, _ seen: Set<String>) -> Bool {
            (Wall.all[module]?.modules ?? []).contains { seen.contains($0) || reaches($0, seen.union([$0])) }
        }
        for module in Wall.all.keys { #expect(!reaches(module, [module]), "\(module)") }
    }

    @Test("Below the line nothing touches the system, a clock, a log, or a randomness of its own")
    func belowTheLine() throws {
        let banned = [
            #"\bclock_gettime\b"#, #"\bDate\("#, #"\bContinuousClock\b"#, #"\bSuspendingClock\b"#, #"\bSystemRandomNumberGenerator\b"#,
            #"\bgetrandom\b"#, #"\bgettimeofday\b"#, #"\bTask\s*[.({]"#, #"(?<![.\w])(?:debugP|p)rint\("#, #"(?<![.\w])readLine\("#,
            #"\.random\((?![^()\n]*\busing:)"#, #"\.(?:randomElement|shuffled|shuffle)\((?!\s*using:)"#,
        ]
        for file in try SwiftSource.all(in: "Sources") where Wall.all[file.module]?.isBelowTheLine == true {
            for pattern in banned {
                let found = file.code.lines(with: pattern)
                #expect(found.isEmpty, "\(file.path):\(found.joined(separator: "\n"))")
            }
            let system = Set(file.imports).subtracting(Wall.all.keys).subtracting(["Swift"])
                .subtracting(Wall.shared[file.path] == nil ? [] : ["Synchronization"])
            #expect(system.isEmpty, "\(file.path) imports \(system.sorted())")
        }
    }

    @Test("Every file that counts with other threads still does, and is below the line")
    func shared() throws {
        for (path, reason) in Wall.shared {
            let file = try SwiftSource(path)
            #expect(Wall.all[file.module]?.isBelowTheLine == true && file.imports.contains("Synchronization"), "\(path): \(reason)")
        }
    }

    @Test("The compiler is told to look away only in files named here, and only where it still has to")
    func uncheckedSharing() throws {
        let allowed: Set<String> = [
            "Sources/Primitives/SharedBytes.swift",  // a pointer to bytes nobody changes
            "Sources/BrokerCore/Peers/PeerBatch.swift",  // a pointer that one thread hands to another and forgets
            "Sources/Transport/Locked.swift",  // a value behind its lock
            "Sources/Broker/Log/Semaphore.swift",  // the system's semaphore
        ]
        let pattern = #"@unchecked\s+Sendable|nonisolated\(unsafe\)"#
        let found = Set(try SwiftSource.all(in: "Sources").filter { !$0.code.matches(of: pattern).isEmpty }.map(\.path))
        #expect(found.subtracting(allowed).isEmpty, "\(found.subtracting(allowed).sorted())")
        #expect(allowed.subtracting(found).isEmpty, "no longer needed: \(allowed.subtracting(found).sorted())")
    }
}

/// The targets of Package.swift that are not tests.
enum Package {
    static let dependencies: [String: Set<String>] = {
        let manifest = (try? Repository.text("Package.swift")) ?? ""
        var result: [String: Set<String>] = [:]
        let parts = manifest.replacingOccurrences(of: ".executableTarget(", with: ".target(")
            .replacingOccurrences(of: ".systemLibrary(", with: ".target(").components(separatedBy: ".target(")
        for part in parts.dropFirst() {
            let target = part.components(separatedBy: ".testTarget(").first ?? part
            guard let name = target.matches(of: #"\A\s*name:\s*"(\w+)""#).first else { continue }
            let list = target.matches(of: #"dependencies:\s*\[([^\]]*)\]"#).first ?? ""
            result[name] = Set(list.matches(of: #""(\w+)""#))
        }
        return result
    }()
}
