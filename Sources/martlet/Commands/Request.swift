extension Command {
    static let request = Command(
        name: "request", summary: "ask, and print the answer",
        options: [],
        examples: [Example(line: "martlet request", documentation: "")],
        run: { _ throws(Failure) in throw Failure(.failed, "request is not there") })
}
