/// When a storage thread does what nobody waits for.
public struct StorageRhythm: Sendable, Hashable {
    /// Milliseconds between two commits; 0: at once, together with what came meanwhile. Who reads does not wait for it.
    public var commitMilliseconds: Int64
    /// Milliseconds between two beats; 0: none.
    public var beatMilliseconds: Int64

    public init(commitMilliseconds: Int64 = 0, beatMilliseconds: Int64 = 0) {
        self.commitMilliseconds = commitMilliseconds
        self.beatMilliseconds = beatMilliseconds
    }
}
