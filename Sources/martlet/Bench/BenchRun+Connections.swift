extension BenchRun {
    /// Clients connect, so many a second, and stay for `duration`.
    func connections() async throws(Failure) -> BenchReport {
        let fleet = fleet(workload.connections, "c")
        var report = BenchReport(workload, configuration)
        let begin = MonotonicClock.now()
        let first = ProcessorUse.Reading()
        report.generator.use = try await fleet.run(rate: workload.connectRate, needsAll: false, progress: progress) { () throws(Failure) in
            let use = ProcessorUse(from: first, to: ProcessorUse.Reading())
            try await progress.during({
                "connected: \(Quantity.count(fleet.connections.connected)), lost: \(Quantity.count(fleet.connections.lost))"
            }) {
                () throws(Failure) in
                await MonotonicClock.wait(until: MonotonicClock.now() + workload.duration.nanoseconds)
                if Task.isCancelled { throw Failure(.interrupted, nil) }
            }
            report.connections = BenchReport.ConnectionFigures(fleet, begin: begin)
            return use
        }
        return report
    }
}
