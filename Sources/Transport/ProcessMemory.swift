import CLinux
import Glibc

/// What this process occupies.
public enum ProcessMemory {
    /// Bytes allocated and not freed.
    public static var heapBytes: Int { Int(clinux_heap_bytes()) }

    /// Bytes of physical memory in use; 0 when the kernel does not tell.
    public static var residentBytes: Int {
        guard let file = fopen("/proc/self/statm", "re") else { return 0 }
        defer { fclose(file) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { line in
            guard fgets(line.baseAddress, Int32(line.count), file) != nil else { return 0 }
            let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
                separator: " ")
            return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * sysconf(Int32(_SC_PAGESIZE))
        }
    }
}
