extension ClientConfiguration {
    /// Reads `mqtt://user:password@host:port`. A path is not looked at.
    ///
    /// - Throws: `MQTTClientError.invalidURL` with what was expected
    public init(url: String) throws(MQTTClientError) {
        let url = try MQTTURL(url)
        self.init(host: url.server.host, port: url.server.port)
        userName = url.userName
        password = url.password
    }
}
