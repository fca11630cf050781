import MQTTCodec
import Testing

@Suite("UTF-8") struct UTF8ValidationTests {
    private func isValid(_ bytes: [UInt8], controlCharactersAllowed: Bool = true) -> Bool {
        bytes.withUnsafeBytes { UTF8Validation.isValid($0, controlCharactersAllowed: controlCharactersAllowed) }
    }

    /// The same text at every place of a longer one, so that words and their ends are all tried.
    private func placements(_ text: [UInt8]) -> [[UInt8]] {
        (0...17).flatMap { before in
            [0, 1, 7, 9].map { [UInt8](repeating: 0x61, count: before) + text + [UInt8](repeating: 0x62, count: $0) }
        }
    }

    @Test("Agrees with the standard library on every sequence of three bytes that begins a character")
    func agreesWithStandardLibrary() {
        let interesting: [UInt8] = [
            0x01, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEE, 0xEF,
            0xF0, 0xF1, 0xF4, 0xF5, 0xFF,
        ]
        for a in 1...255 as ClosedRange<UInt8> {
            for b in interesting {
                for c in interesting {
                    for d in [0x41, 0x80, 0xBF, 0xC2] as [UInt8] {
                        let bytes = [a, b, c, d]
                        #expect(isValid(bytes) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
                    }
                }
            }
        }
    }

    @Test(
        "Ill-formed text is found wherever it stands [MQTT-1.5.4-1] [MQTT-1.5.3-1 of 3.1.1]",
        arguments: [
            [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xFF], [0xE2, 0x82], [0xC3],
        ] as [[UInt8]])
    func illFormed(text: [UInt8]) {
        for bytes in placements(text) {
            #expect(!isValid(bytes))
            #expect(!isValid(bytes, controlCharactersAllowed: false))
        }
    }

    @Test("U+0000 is never allowed [MQTT-1.5.4-2] [MQTT-1.5.3-2 of 3.1.1]") func null() {
        for bytes in placements([0]) { #expect(!isValid(bytes)) }
    }

    @Test(
        "Control characters and non-characters are refused unless allowed",
        arguments: [
            0x01, 0x09, 0x0A, 0x1F, 0x7F, 0x80, 0x9F, 0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1_FFFE, 0xF_FFFF, 0x10_FFFF,
        ] as [UInt32])
    func controls(scalar: UInt32) throws {
        let text = Array(String(try #require(Unicode.Scalar(scalar))).utf8)
        for bytes in placements(text) {
            #expect(isValid(bytes))
            #expect(!isValid(bytes, controlCharactersAllowed: false))
        }
    }

    @Test(
        "All else is allowed, U+FEFF too [MQTT-1.5.4-3] [MQTT-1.5.3-3 of 3.1.1]",
        arguments: [
            0x20, 0x7E, 0xA0, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFDCF, 0xFDF0, 0xFEFF, 0xFFFD, 0x1_0000, 0x1_F600,
            0x10_FFFD,
        ] as [UInt32])
    func allowed(scalar: UInt32) throws {
        let text = Array(String(try #require(Unicode.Scalar(scalar))).utf8)
        for bytes in placements(text) { #expect(isValid(bytes, controlCharactersAllowed: false)) }
    }

    @Test("Every ASCII character at every length, with and without control characters") func ascii() {
        for length in 1...20 {
            for place in 0..<length {
                for byte in 0...127 as ClosedRange<UInt8> {
                    var text = [UInt8](repeating: 0x7E, count: length)
                    text[place] = byte
                    let isPrintable = (0x20..<0x7F).contains(byte)
                    if isValid(text) != (byte > 0) || isValid(text, controlCharactersAllowed: false) != isPrintable {
                        Issue.record("byte \(byte) at \(place) of \(length)")
                    }
                }
            }
        }
        #expect(isValid([]))
    }
}
