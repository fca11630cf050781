/// Counts rows, shows how far it is on a terminal, and hears of Ctrl-C.
struct RowProgress {
    private let isShown: Bool
    private var progress = Progress(unit: "rows")
    private(set) var rows = 0

    init(_ arguments: Arguments) { isShown = Console.errorIsTerminal && !arguments.has(.quiet) }

    /// For whoever has nothing to show it on.
    static let silent = RowProgress(isShown: false)

    private init(isShown: Bool) { self.isShown = isShown }

    /// false: it was interrupted.
    mutating func advance(share: Double? = nil) -> Bool {
        rows += 1
        if rows & 255 == 0, isShown { progress.advance(to: rows, share: share) }
        return rows & 255 != 0 || !Task.isCancelled
    }

    func end() {
        if isShown { progress.end() }
    }
}
