/// A number as people write it: 250, 1K, 2.5K, 1M.
struct Count: Equatable {
    let value: Int

    /// Nil: no whole number of this form.
    init?(_ text: some StringProtocol) {
        let factor = text.last.flatMap { ["k": 1_000.0, "m": 1_000_000.0][$0.lowercased()] }
        guard let number = Double(factor == nil ? text[...] : text.dropLast()), text.allSatisfy({ $0.isASCII && $0 != "-" && $0 != "+" })
        else { return nil }
        guard let value = Int(exactly: number * (factor ?? 1)), value <= 1_000_000_000 else { return nil }
        self.value = value
    }
}
