extension Simulation {
    /// A failing plan made small: fewer steps, then fewer clients, as long as it still fails.
    public static func shrink(_ failing: Plan) -> Plan {
        var best = failing
        func fails(_ plan: Plan) -> Bool { Simulation(plan).run().violation != nil }
        var cut = best.steps / 2
        while cut > 0 {
            var shorter = best
            shorter.steps -= cut
            if shorter.steps > 0, fails(shorter) { best = shorter } else { cut /= 2 }
        }
        for client in failing.clients where best.clients.count > 1 {
            var fewer = best
            fewer.clients.removeAll { $0 == client }
            if fails(fewer) { best = fewer }
        }
        while best.losses > 1 {
            var fewer = best
            fewer.losses -= 1
            guard fails(fewer) else { break }
            best = fewer
        }
        while best.steps > 1 {
            var shorter = best
            shorter.steps -= 1
            guard fails(shorter) else { break }
            best = shorter
        }
        return best
    }
}
