import MQTTCodec
import Primitives
import Testing

@Suite("Variable Byte Integer") struct VariableByteIntegerTests {
    private func read(_ bytes: [UInt8]) -> VariableByteInteger.Reading {
        bytes.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            return VariableByteInteger.read(&reader)
        }
    }

    private func written(_ value: UInt32) -> [UInt8] {
        var space = [UInt8](repeating: 0xEE, count: 4)
        let count = space.withUnsafeMutableBytes { raw in
            raw.baseAddress.map { VariableByteInteger.write(value, to: $0) } ?? 0
        }
        return Array(space[..<count])
    }

    @Test("Each number is written in the fewest bytes and read back [MQTT-1.5.5-1]")
    func vectors() {
        #expect(!Vectors.all.variableByteIntegers.isEmpty)
        for number in Vectors.all.variableByteIntegers where number.valid {
            guard let value = number.value else { continue }
            #expect(written(value) == bytes(number.hex))
            #expect(VariableByteInteger.length(value) == bytes(number.hex).count)
            #expect(read(bytes(number.hex)) == .value(value, isMinimal: true))
        }
    }

    @Test("Longer than needed, unfinished and too long are told apart")
    func refusals() {
        #expect(read([0x80, 0x00]) == .value(0, isMinimal: false))
        #expect(read([0xFF, 0x80, 0x00]) == .value(127, isMinimal: false))
        #expect(read([0x80]) == .incomplete)
        #expect(read([]) == .incomplete)
        #expect(read([0xFF, 0xFF, 0xFF, 0xFF]) == .tooLong)
        #expect(read([0xFF, 0xFF, 0xFF, 0xFF, 0x7F]) == .tooLong)
    }
}
