extension Command {
    static let subscribe = Command(
        name: "sub", summary: "receive messages",
        options: [],
        examples: [Example(line: "martlet sub", documentation: "")],
        run: { _ throws(Failure) in throw Failure(.failed, "sub is not there") })
}
