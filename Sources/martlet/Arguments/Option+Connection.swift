extension Option {
    static let host = Option(
        name: "--host", short: "-h", value: .text("HOST"), documentation: "name or address of the broker (default localhost)")
    static let port = Option(name: "--port", short: "-p", value: .integer("PORT", 1...65_535), documentation: "its port (default 1883)")
    static let url = Option(
        name: "--url", short: "-L", value: .text("URL"), documentation: "all in one: mqtt://[USER[:PASSWORD]@]HOST[:PORT][/TOPIC]")
    static let userName = Option(name: "--username", short: "-u", aliases: ["--user"], value: .text("NAME"), documentation: "User Name")
    static let password = Option(
        name: "--pw", short: "-P", aliases: ["--password"], value: .text("PASSWORD"),
        documentation: "password; everybody on this machine can see it here: MARTLET_PASSWORD is better")
    static let clientID = Option(
        name: "--id", short: "-i", value: .text("ID"), documentation: "Client Identifier (default: the broker assigns one)")
    static let clientIDPrefix = Option(
        name: "--id-prefix", short: "-I", value: .text("PREFIX"), documentation: "Client Identifier: this, and the number of the process")
    static let version = Option(
        name: "--protocol-version", short: "-V",
        value: .oneOf("VERSION", ["5", "mqttv5", "311", "3.1.1", "mqttv311"]),
        documentation: "MQTT 5 (default), or 311 for 3.1.1")
    static let keepAlive = Option(
        name: "--keepalive", short: "-k", value: .integer("SECONDS", 0...65_535), documentation: "Keep Alive (default 60; 0: none)")
    static let keepSession = Option(
        name: "--disable-clean-session", short: "-c", aliases: ["--keep-session"],
        documentation: "take up the Session of this Client Identifier, and leave it at the end; together with -i")
    static let sessionExpiry = Option(
        name: "--session-expiry-interval", short: "-x", value: .integer("SECONDS", -1...4_294_967_295),
        documentation: "with -c: how long the broker keeps the Session (default -1: for ever)")
    static let property = Option(
        name: "--property", short: "-D", value: .property, repeats: true,
        documentation:
            "a property of MQTT 5 for the packet connect, publish, subscribe or will, such as publish content-type text/plain or "
            + "connect user-property NAME VALUE")
    static let willTopic = Option(
        name: "--will-topic", value: .text("TOPIC"), documentation: "have the broker publish a Will Message there should we vanish")
    static let willPayload = Option(name: "--will-payload", value: .text("TEXT"), documentation: "its payload (default: empty)")
    static let willQoS = Option(name: "--will-qos", value: .integer("QOS", 0...2), documentation: "its QoS (default 0)")
    static let willRetain = Option(name: "--will-retain", documentation: "have it retained")
    static let debug = Option(name: "--debug", short: "-d", documentation: "say on standard error what the connection does")
    static let quiet = Option(name: "--quiet", documentation: "no words on standard error; the exit status says it all")

    /// The options all commands share that talk to a broker.
    static let connection: [Option] =
        [
            .host, .port, .url, .userName, .password, .clientID, .clientIDPrefix, .version, .keepAlive, .keepSession, .sessionExpiry,
            .property, .willTopic, .willPayload, .willQoS, .willRetain, .debug, .quiet,
        ] + encryption

    /// mosquitto's clients have them; said here in words that help.
    private static let encryption = [
        "--cafile", "--capath", "--cert", "--key", "--keyform", "--ciphers", "--insecure", "--tls-version", "--tls-alpn", "--tls-engine",
        "--tls-engine-kpass-sha1", "--tls-use-os-certs", "--psk", "--psk-identity", "--ws", "--tls",
    ].map { Option(name: $0, value: .refused("this build speaks mqtt:// only, without TLS and WebSocket"), documentation: "") }
}
