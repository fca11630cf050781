/// Finds what was probably meant.
public enum NearestKey {
    /// The candidate that differs least from `word`; nil: none is near.
    ///
    /// Upper case and dashes do not count as differences; a familiar word inside a longer one (`max_connections`) and the
    /// beginning of a word are near, and the last part of a dotted key finds its table (`packet_bytes`).
    public static func nearest(to word: String, among candidates: [String]) -> String? {
        let wanted = normalised(word)
        let scored = candidates.map { (distance: distance(wanted, normalised($0)), candidate: $0) }
        guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
        let furthest = max(1, min(wanted.count, best.candidate.utf8.count) / 3)
        return best.distance <= furthest ? best.candidate : nil
    }

    private static func distance(_ word: [UInt8], _ candidate: [UInt8]) -> Int {
        let whole = edits(word, candidate)
        let (wordEnd, candidateEnd) = (lastPart(word), lastPart(candidate))
        let isElsewhere = wordEnd.count != word.count || candidateEnd.count != candidate.count
        var distance = isElsewhere ? min(whole, edits(wordEnd, candidateEnd) + 1) : whole
        if candidateEnd.count >= 5, contains(wordEnd, candidateEnd) || contains(candidateEnd, wordEnd) && wordEnd.count >= 5 {
            distance = min(distance, 2)
        }
        if wordEnd.count >= 3, candidateEnd.starts(with: wordEnd) { distance = min(distance, 1) }
        return distance
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
    private static func edits(_ a: [UInt8], _ b: [UInt8]) -> Int {
        // A word longer than any key is never near one; the table stays small.
        guard a.count <= 128, b.count <= 128 else { return Int.max / 2 }
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
                row.append(best)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }

    private static func normalised(_ word: String) -> [UInt8] {
        word.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
    }

    private static func lastPart(_ word: [UInt8]) -> [UInt8] {
        Array(word.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).last ?? [])
    }

    private static func contains(_ word: [UInt8], _ part: [UInt8]) -> Bool {
        guard part.count <= word.count else { return false }
        return (0...(word.count - part.count)).contains { word[$0..<$0 + part.count].elementsEqual(part) }
    }
}
