/// Whether everything has held so far.
package final class Verdict {
    /// The first thing that did not hold.
    package private(set) var violation: String?

    package init() {}

    package func violate(_ what: String) {
        if violation == nil { violation = what }
    }
}
