import Glibc

/// What the system allows a process of many connections.
enum ProcessLimits {
    /// Makes room for so many connections, or says what stands against it.
    static func makeRoom(for connections: Int) throws(Failure) {
        let files = raiseOpenFiles()
        // Standard input and output, the library's own, and some of the run.
        guard connections + 64 <= files else {
            throw Failure(
                .failed,
                "\(Quantity.count(connections)) connections need as many open files, and this process may have \(Quantity.count(files)): "
                    + "raise the limit (ulimit -n \(connections + 64)), or run with fewer clients")
        }
        if let ports = localPorts(), connections > ports {
            throw Failure(
                .failed,
                "\(Quantity.count(connections)) connections to one address need as many local ports, and this machine has "
                    + "\(Quantity.count(ports)): widen them (sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"), or run with fewer clients"
            )
        }
    }

    /// Raises the limit as far as it goes; what it then is.
    private static func raiseOpenFiles() -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return .max }
        limit.rlim_cur = limit.rlim_max
        if setrlimit(resource, &limit) != 0, getrlimit(resource, &limit) != 0 { return .max }
        return Int(clamping: limit.rlim_cur)
    }

    private static func localPorts() -> Int? {
        let ends = SystemFile.text("/proc/sys/net/ipv4/ip_local_port_range").split { $0.isWhitespace }.compactMap { Int($0) }
        return ends.count == 2 ? ends[1] - ends[0] + 1 : nil
    }
}
