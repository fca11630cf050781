/// What a message is published under [MQTT5 §4.7.3].
public enum TopicName {
    /// What speaks against bytes as a Topic Name.
    @frozen public enum Verdict: BitwiseCopyable, Sendable { case valid, empty, illFormed, wildcard }

    /// Whether `bytes`, known to be UTF-8, are a Topic Name: not empty and without wildcards
    /// [MQTT-4.7.3-1] [MQTT-3.3.2-2] [MQTT-4.7.3-1 of 3.1.1] [MQTT-3.3.2-2 of 3.1.1].
    @inlinable public static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        !bytes.isEmpty && !containsWildcards(bytes)
    }

    /// Checks UTF-8 and name in one pass where all is printable ASCII.
    @inlinable @inline(__always)
    public static func check(_ bytes: UnsafeRawBufferPointer, controlCharactersAllowed: Bool) -> Verdict {
        if bytes.isEmpty { return .empty }
        if ByteWord.allClear(bytes, { ByteWord.unprintable($0) | wildcards($0) }) { return .valid }
        return checkByCharacter(bytes, controlCharactersAllowed: controlCharactersAllowed)
    }

    @usableFromInline
    static func checkByCharacter(_ bytes: UnsafeRawBufferPointer, controlCharactersAllowed: Bool) -> Verdict {
        if containsWildcards(bytes) { return .wildcard }
        return UTF8Validation.isValid(bytes, controlCharactersAllowed: controlCharactersAllowed) ? .valid : .illFormed
    }

    /// Whether there is a `+` or `#`, which no Topic Name may have [MQTT-4.7.0-1].
    @inlinable public static func containsWildcards(_ bytes: UnsafeRawBufferPointer) -> Bool {
        !ByteWord.allClear(bytes, wildcards)
    }

    @inlinable public static func levelCount(_ bytes: UnsafeRawBufferPointer) -> Int { TopicLevels.count(bytes) }

    @inlinable @inline(__always) static func wildcards(_ word: UInt64) -> UInt64 {
        ByteWord.contains(word, UInt8(ascii: "+")) | ByteWord.contains(word, UInt8(ascii: "#"))
    }
}
