/// Finds what was probably meant.
enum NearestWord {
    /// The candidate that differs least from `word`; nil: none is near.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let wanted = letters(word)
        let scored = candidates.map { (distance: distance(wanted, letters($0)), candidate: $0) }
        guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, min(wanted.count, letters(best.candidate).count) / 3) ? best.candidate : nil
    }

    private static func letters(_ word: String) -> [UInt8] { Array(word.lowercased().utf8.filter { $0 != UInt8(ascii: "-") }.prefix(64)) }

    /// The beginning of a word is near; otherwise insertions, deletions, replacements and swaps of neighbours are counted.
    private static func distance(_ word: [UInt8], _ candidate: [UInt8]) -> Int {
        if word.count >= 3, candidate.starts(with: word) { return 1 }
        var beforeLast: [Int] = []
        var last = Array(0...candidate.count)
        for i in word.indices {
            var row = [i + 1]
            for j in candidate.indices {
                var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (word[i] == candidate[j] ? 0 : 1))
                if i > 0, j > 0, word[i] == candidate[j - 1], word[i - 1] == candidate[j] { best = min(best, beforeLast[j - 1] + 1) }
                row.append(best)
            }
            (beforeLast, last) = (last, row)
        }
        return last[candidate.count]
    }
}
