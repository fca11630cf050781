import Glibc
import MQTTClient

/// What the options of the connection and the environment say together.
struct ConnectionOptions {
    var configuration: ClientConfiguration
    /// The topic of the URL, if it has one.
    let topic: String?
    let properties: PacketProperties

    /// - Parameters:
    ///   - packets: those the command sends and `-D` may so name, beside CONNECT and the Will
    ///   - environment: a variable's value
    init(
        _ arguments: Arguments, packets: Set<String> = [], environment: (String) -> String? = ConnectionOptions.variable
    ) throws(Failure) {
        let url = try Self.url(arguments, environment)
        topic = url.isArgument ? url.url?.topic : nil
        properties = try PacketProperties(arguments.properties(.property), packets: packets.union(["connect", "will"]))
        // From the weakest to the strongest: the environment's URL, its single variables, the URL given, single options.
        let weak = url.isArgument ? nil : url.url
        let strong = url.isArgument ? url.url : nil
        let host = arguments.text(.host) ?? strong?.server.host ?? environment("MARTLET_HOST") ?? weak?.server.host ?? "localhost"
        let named = arguments.integer(.port) ?? (strong?.server.port).map(Int.init)
        let variable = try Self.port(environment)
        let port = named ?? variable ?? (weak?.server.port).map(Int.init) ?? 1883
        configuration = ClientConfiguration(host: host, port: UInt16(port))
        configuration.userName = arguments.text(.userName) ?? strong?.userName ?? environment("MARTLET_USER") ?? weak?.userName
        configuration.password =
            arguments.text(.password).map { Array($0.utf8) } ?? strong?.password ?? environment("MARTLET_PASSWORD").map { Array($0.utf8) }
            ?? weak?.password
        configuration.version = ["311", "3.1.1", "mqttv311"].contains(arguments.text(.version)) ? .v3_1_1 : .v5
        configuration.keepAlive = .seconds(arguments.integer(.keepAlive) ?? 60)
        configuration.userProperties = properties.connect
        try readSession(arguments)
        try readWill(arguments)
        if configuration.version == .v3_1_1, arguments.has(.property) {
            throw Failure(.wrongUsage, "-D: expected without -V 311, which has no properties")
        }
        if configuration.version == .v3_1_1, configuration.password != nil, configuration.userName == nil {
            throw Failure(.wrongUsage, "a password in MQTT 3.1.1 goes with a user name: expected -u or MARTLET_USER")
        }
    }

    private mutating func readSession(_ arguments: Arguments) throws(Failure) {
        if arguments.has(.clientID), arguments.has(.clientIDPrefix) { throw Failure(.wrongUsage, "expected one of -i and -I, found both") }
        if let prefix = arguments.text(.clientIDPrefix) { configuration.clientID = "\(prefix)\(getpid())" }
        if let identifier = arguments.text(.clientID) { configuration.clientID = identifier }
        if arguments.has(.keepSession) {
            guard arguments.has(.clientID) else {
                throw Failure(.wrongUsage, "-c: expected together with -i, by which the broker knows the Session")
            }
            let seconds = arguments.integer(.sessionExpiry) ?? -1
            configuration.session = .kept(seconds: seconds < 0 ? .max : UInt32(seconds))
        } else if arguments.has(.sessionExpiry) {
            throw Failure(.wrongUsage, "-x: expected together with -c")
        }
    }

    private mutating func readWill(_ arguments: Arguments) throws(Failure) {
        guard let topic = arguments.text(.willTopic) else {
            for option in [Option.willPayload, .willQoS, .willRetain] where arguments.has(option) {
                throw Failure(.wrongUsage, "\(option.name): expected together with --will-topic")
            }
            if properties.will != MessageProperties() || properties.willDelaySeconds != 0 {
                throw Failure(.wrongUsage, "-D will: expected together with --will-topic")
            }
            return
        }
        configuration.will = Will(
            topic: topic, payload: Array((arguments.text(.willPayload) ?? "").utf8), qos: arguments.qos(.willQoS),
            retain: arguments.has(.willRetain), delaySeconds: properties.willDelaySeconds, properties: properties.will)
    }

    private static func url(
        _ arguments: Arguments, _ environment: (String) -> String?
    ) throws(Failure) -> (url: MQTTURL?, isArgument: Bool) {
        if arguments.url != nil, arguments.has(.url) { throw Failure(.wrongUsage, "expected one URL, found two") }
        do {
            if let text = arguments.url ?? arguments.text(.url) { return (try MQTTURL(text), true) }
            return (try environment("MARTLET_URL").map { text throws(MQTTClientError) in try MQTTURL(text) }, false)
        } catch {
            throw Failure(error)
        }
    }

    private static func port(_ environment: (String) -> String?) throws(Failure) -> Int? {
        guard let text = environment("MARTLET_PORT") else { return nil }
        if let problem = Option.port.value.problem(with: text) { throw Failure(.wrongUsage, "MARTLET_PORT=\(text): \(problem)") }
        return Int(text)
    }

    /// An empty variable is one that is not set.
    static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension Arguments {
    /// The QoS an option of numbers 0 to 2 says; 0 when it is not given, as with mosquitto's clients.
    func qos(_ option: Option) -> QoS { integer(option).flatMap { QoS(rawValue: UInt8($0)) } ?? .atMostOnce }
}
