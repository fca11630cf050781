extension Command {
    static let bench = Command(
        name: "bench", summary: "measure a broker",
        options: [],
        examples: [Example(line: "martlet bench", documentation: "")],
        run: { _ throws(Failure) in throw Failure(.failed, "bench is not there") })
}
