import CLinux

/// The processors of the machine that the calling thread may run on.
public enum Processors {
    /// Their numbers, ascending; one at least.
    public static var allowed: [Int] {
        let most = 8_192
        let numbers = [Int32](unsafeUninitializedCapacity: most) { buffer, count in
            count = Int(clinux_processors(buffer.baseAddress, Int32(most)))
        }
        return numbers.isEmpty ? [0] : numbers.map(Int.init)
    }

    /// Keeps the calling thread, and threads it starts, on one processor; false when the system does not allow it.
    public static func pinThread(to processor: Int) -> Bool { clinux_pin_thread(Int32(clamping: processor)) == 0 }
}
