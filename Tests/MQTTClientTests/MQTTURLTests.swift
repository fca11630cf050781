import MQTTClient
import Testing

@Suite("URLs of brokers")
struct MQTTURLTests {
    @Test(
        "Host, port, user, password and topic are taken apart and percent-decoded",
        arguments: [
            ("mqtt://localhost", "localhost:1883", nil, nil, nil),
            ("MQTT://localhost/", "localhost:1883", nil, nil, nil),
            ("mqtt://10.0.0.1:1884/a/b", "10.0.0.1:1884", nil, nil, "a/b"),
            ("mqtt://user@host/t", "host:1883", "user", nil, "t"),
            ("mqtt://user:secret@host:1/t", "host:1", "user", "secret", "t"),
            ("mqtt://user:@host", "host:1883", "user", "", nil),
            ("mqtt://:secret@host", "host:1883", nil, "secret", nil),
            ("mqtt://u%40x:p%3A%2F%25@host", "host:1883", "u@x", "p:/%", nil),
            ("mqtt://u:a:b@c@host", "host:1883", "u", "a:b@c", nil),
            ("mqtt://[::1]", "[::1]:1883", nil, nil, nil),
            ("mqtt://u:p@[fe80::1%25eth0]:1885/x", "[fe80::1%eth0]:1885", "u", "p", "x"),
            ("mqtt://host//a//", "host:1883", nil, nil, "/a//"),
            ("mqtt://host/a%20b/%C3%A9", "host:1883", nil, nil, "a b/é"),
            ("mqtt://host/$share/g/+/x/#", "host:1883", nil, nil, "$share/g/+/x/#"),
            ("mqtt://host/a?b@c:d", "host:1883", nil, nil, "a?b@c:d"),
        ])
    func parts(text: String, server: String, user: String?, password: String?, topic: String?) throws {
        let url = try MQTTURL(text)
        #expect(url.server.description == server)
        #expect(url.userName == user)
        #expect(url.password == password.map { Array($0.utf8) })
        #expect(url.topic == topic)
    }

    @Test(
        "What names no broker is refused with what was expected",
        arguments: [
            ("", "mqtt://HOST"), ("localhost", "mqtt://HOST"), ("localhost:1883", "mqtt://HOST"), ("mqtt:/host", "mqtt://HOST"),
            ("http://host", "mqtt:// at the beginning"), ("mqtts://host", "no mqtts://"), ("ws://host", "no ws://"),
            ("WSS://host", "no wss://"),
            ("mqtt://", "a host"), ("mqtt:///topic", "a host"), ("mqtt://user@", "a host"), ("mqtt://[]", "a host"),
            ("mqtt://host:", "a port"), ("mqtt://host:0", "a port"), ("mqtt://host:65536", "a port"), ("mqtt://host:+1", "a port"),
            ("mqtt://host:x", "a port"), ("mqtt://[::1]1883", "a port"), ("mqtt://[::1", "] behind"), ("mqtt://::1", "in brackets"),
            ("mqtt://::1:1883", "in brackets"), ("mqtt://host/%", "two hexadecimal digits"), ("mqtt://host/%1", "two hexadecimal digits"),
            ("mqtt://host/%+1", "two hexadecimal digits"), ("mqtt://%zz@host", "two hexadecimal digits"),
            ("mqtt://host/%FF", "UTF-8 in the topic"),
            ("mqtt://%FF@host", "UTF-8 in the user"),
        ])
    func problems(text: String, expected: String) {
        #expect {
            try MQTTURL(text)
        } throws: { error in
            guard case MQTTClientError.invalidURL(text, let words) = error else { return false }
            return words.contains(expected)
        }
    }

    @Test("A password is bytes, of any kind")
    func binaryPassword() throws {
        #expect(try MQTTURL("mqtt://u:%FF%00@host").password == [0xFF, 0])
    }

    @Test("An error does not repeat the password")
    func secret() {
        #expect(throws: MQTTClientError.invalidURL("mqtt://user:...@host:x", expected: "a port from 1 to 65535 behind the host")) {
            try MQTTURL("mqtt://user:secret@host:x")
        }
    }
}
