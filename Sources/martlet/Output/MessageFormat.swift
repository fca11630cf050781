/// How received messages are written.
enum MessageFormat: Equatable, Sendable {
    /// For people on a terminal.
    case readable(Style)
    /// The payload alone, or behind the topic.
    case payload(withTopic: Bool, ending: String)
    /// An object a line.
    case json
    case custom(FormatString, ending: String)

    init(_ arguments: Arguments, isTerminal: Bool = Console.outputIsTerminal, hasColour: Bool = Console.outputHasColour) throws(Failure) {
        let ending = arguments.has(.noNewline) ? "" : "\n"
        if arguments.has(.json) {
            for option in [Option.format, .verbose, .noNewline] where arguments.has(option) {
                throw Failure(.wrongUsage, "--json: expected without \(option.short ?? option.name)")
            }
            self = .json
        } else if let format = arguments.text(.format) {
            self = .custom(try FormatString(format), ending: ending)
        } else if arguments.has(.verbose) || arguments.has(.noNewline) || !isTerminal {
            self = .payload(withTopic: arguments.has(.verbose), ending: ending)
        } else {
            self = .readable(Style(isColoured: hasColour))
        }
    }

    func bytes(_ delivery: Delivery) -> [UInt8] {
        switch self {
        case .readable(let style): return Array(ReadableMessage.text(delivery, style: style).utf8)
        case .payload(let withTopic, let ending):
            return (withTopic ? Array(delivery.topic.utf8) + [0x20] : []) + delivery.payload + ending.utf8
        case .json: return Array(Self.json(delivery).utf8)
        case .custom(let format, let ending): return format.bytes(delivery) + ending.utf8
        }
    }

    private static func json(_ delivery: Delivery) -> String {
        var object = JSONObject()
        object.add("time", delivery.time.utc)
        object.add("topic", delivery.topic)
        object.add("qos", Int(delivery.qos.rawValue))
        object.add("retain", delivery.retain)
        object.add("duplicate", delivery.isDuplicate)
        object.add("payload", bytes: delivery.payload)
        object.addRaw("properties", delivery.properties.json)
        return object.closed + "\n"
    }
}

extension Option {
    static let json = Option(name: "--json", documentation: "a JSON object a line")
    static let format = Option(name: "--format", short: "-F", value: .text("FORMAT"), documentation: "as this says; see below")
    static let verbose = Option(name: "--verbose", short: "-v", documentation: "topic and payload, with a space between")
    static let noNewline = Option(name: "--no-newline", short: "-N", documentation: "no end of line behind a payload")

    /// How messages are written.
    static let output: [Option] = [.json, .format, .verbose, .noNewline]
}
