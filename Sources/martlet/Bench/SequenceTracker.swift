/// Follows the numbers of one sender at one receiver: 0, 1, 2, … if nothing is lost, doubled or overtaken.
struct SequenceTracker: Equatable {
    enum Arrival: Equatable {
        /// New, and after all that came before it.
        case inOrder
        /// New, though a later one came first.
        case late
        case duplicate
    }

    /// Gaps remembered; of what falls into an older one, nobody can say whether it came before, and it counts as a duplicate.
    static let rememberedGaps = 1_024

    private var next: UInt32 = 0
    /// What is missing below `next`, ascending.
    private var gaps: [Range<UInt32>] = []

    mutating func note(_ sequence: UInt32) -> Arrival {
        if sequence == next {
            next = sequence + 1
            return .inOrder
        }
        if sequence > next {
            if gaps.count == Self.rememberedGaps { gaps.removeFirst() }
            gaps.append(next..<sequence)
            next = sequence + 1
            return .inOrder
        }
        guard let index = gaps.lastIndex(where: { $0.lowerBound <= sequence }), gaps[index].contains(sequence) else { return .duplicate }
        let gap = gaps[index]
        gaps.replaceSubrange(index...index, with: [gap.lowerBound..<sequence, sequence + 1..<gap.upperBound].filter { !$0.isEmpty })
        return .late
    }
}
