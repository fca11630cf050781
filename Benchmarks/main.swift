import Glibc

/// `value` with `digits` after the point.
func decimal(_ value: Double, _ digits: Int) -> String {
    let scale = digits == 0 ? 1 : digits == 1 ? 10 : 1_000
    let scaled = Int((value * Double(scale)).rounded())
    let fraction = String(scaled % scale)
    return digits == 0 ? "\(scaled)" : "\(scaled / scale)." + String(repeating: "0", count: max(0, digits - fraction.count)) + fraction
}

func padded(_ text: String, _ width: Int, left: Bool) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return left ? text + space : space + text
}

if CommandLine.arguments.contains("--budget") {
    let lines = AllocationBudget.check()
    for line in lines {
        print(line.counted > line.allowed ? "OVER" : "ok  ", padded(line.name, 45, left: true), "\(line.counted) allocations of \(line.allowed)")
    }
    exit(lines.contains { $0.counted > $0.allowed } ? 1 : 0)
}

let all = CodecBenchmarks.all() + DeliveryBenchmarks.all() + MemoryBenchmarks.all()
if CommandLine.arguments.contains("--json") {
    let lines = all.map { line in
        let allocations = line.allocations.map { ", \"allocations\": \(decimal($0, 3))" } ?? ""
        return "  {\"name\": \"\(line.name)\", \"value\": \(decimal(line.value, 1)), \"unit\": \"\(line.unit)\"\(allocations)}"
    }
    print("[\n" + lines.joined(separator: ",\n") + "\n]")
} else {
    for line in all {
        let allocations = line.allocations.map { "\(decimal($0, 3)) allocations" } ?? ""
        print(padded(line.name, 40, left: true), padded(decimal(line.value, 1), 10, left: false), padded(line.unit, 6, left: true), allocations)
    }
}
