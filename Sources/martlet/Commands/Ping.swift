extension Command {
    static let ping = Command(
        name: "ping", summary: "measure how long the broker takes to answer",
        options: [],
        examples: [Example(line: "martlet ping", documentation: "")],
        run: { _ throws(Failure) in throw Failure(.failed, "ping is not there") })
}
