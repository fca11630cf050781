extension Command {
    static let publish = Command(
        name: "pub", summary: "publish messages",
        options: [],
        examples: [Example(line: "martlet pub", documentation: "")],
        run: { _ throws(Failure) in throw Failure(.failed, "pub is not there") })
}
