/// What the standard allows in a string [MQTT5 §1.5.4].
public enum UTF8Validation {
    /// Whether `bytes` are well-formed UTF-8 without U+0000 [MQTT-1.5.4-1] [MQTT-1.5.4-2]
    /// [MQTT-1.5.3-1 of 3.1.1] [MQTT-1.5.3-2 of 3.1.1]. U+FEFF is a character like others [MQTT-1.5.4-3].
    ///
    /// Unless `controlCharactersAllowed`, what a receiver may refuse is refused: U+0001–001F, U+007F–009F and the
    /// non-characters.
    @inlinable public static func isValid(_ bytes: UnsafeRawBufferPointer, controlCharactersAllowed: Bool) -> Bool {
        ByteWord.allClear(bytes, ByteWord.unprintable)
            || isValidByCharacter(bytes, controlCharactersAllowed: controlCharactersAllowed)
    }

    @usableFromInline
    static func isValidByCharacter(_ bytes: UnsafeRawBufferPointer, controlCharactersAllowed: Bool) -> Bool {
        let count = bytes.count
        var i = 0
        while i < count {
            let lead = bytes[i]
            if lead < 0x80 {
                guard lead != 0, controlCharactersAllowed || lead >= 0x20 && lead != 0x7F else { return false }
                i += 1
                continue
            }
            let following: Int
            let least: UInt32
            switch lead {
            case 0xC2...0xDF: (following, least) = (1, 0x80)
            case 0xE0...0xEF: (following, least) = (2, 0x800)
            case 0xF0...0xF4: (following, least) = (3, 0x1_0000)
            default: return false
            }
            guard count - i > following else { return false }
            var scalar = UInt32(lead & 0x3F >> UInt8(following))
            for k in 1...following {
                let byte = bytes[i + k]
                guard byte & 0xC0 == 0x80 else { return false }
                scalar = scalar << 6 | UInt32(byte & 0x3F)
            }
            guard scalar >= least, scalar <= 0x10_FFFF, !(0xD800...0xDFFF).contains(scalar) else { return false }
            if !controlCharactersAllowed {
                let isNonCharacter = (0xFDD0...0xFDEF).contains(scalar) || scalar & 0xFFFE == 0xFFFE
                guard scalar > 0x9F, !isNonCharacter else { return false }
            }
            i += following + 1
        }
        return true
    }
}
