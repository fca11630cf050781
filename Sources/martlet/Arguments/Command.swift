/// One of the things `martlet` does.
struct Command: Sendable {
    /// A word that belongs to no option.
    struct Operand: Sendable {
        /// What `--help` calls it.
        let name: String
        let documentation: String
        var repeats = false
    }

    struct Example: Sendable {
        let line: String
        let documentation: String
    }

    let name: String
    /// One line.
    let summary: String
    var operand: Operand?
    /// Its own; those of the connection and `--help` come with `everyOption`.
    let options: [Option]
    /// Further words of `--help`, such as a table of formats.
    var details = ""
    let examples: [Example]
    /// It has the options of the connection, and takes a URL.
    var takesConnection = true
    /// How it ends on Ctrl-C: what goes on until somebody ends it has then done what was asked.
    var whenInterrupted = ExitStatus.interrupted
    /// Does it. When its task is cancelled it ends soon, saying goodbye to the broker.
    let run: @Sendable (Arguments) async throws(Failure) -> Void

    var everyOption: [Option] { options + (takesConnection ? Option.connection : []) + [.help] }

    static let all: [Command] = [.publish, .subscribe, .request, .respond, .ping, .bench, .doctor]
}

extension Option {
    static let help = Option(name: "--help", documentation: "print this, and end")
}
