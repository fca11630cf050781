extension Command {
    static let respond = Command(
        name: "respond", summary: "answer requests",
        options: [],
        examples: [Example(line: "martlet respond", documentation: "")],
        run: { _ throws(Failure) in throw Failure(.failed, "respond is not there") })
}
