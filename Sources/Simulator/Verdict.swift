/// Whether everything has held so far.
final class Verdict {
    /// The first thing that did not hold.
    private(set) var violation: String?

    func violate(_ what: String) {
        if violation == nil { violation = what }
    }
}
