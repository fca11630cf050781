import Testing

@testable import Broker

@Suite struct StartupBannerTests {
    @Test("A newcomer sees where it listens, for whom, and the two lines of a first message")
    func defaults() {
        let text = StartupBanner.text(BrokerConfiguration(), ports: [4711])
        #expect(text.contains("127.0.0.1  4711  MQTT 5.0, 3.1.1, 3.1 over TCP  anyone on this machine  packets to 16MiB, QoS to 2\n"))
        #expect(text.contains("mosquitto_sub -p 4711 -t hello -v\n"))
        #expect(text.contains("mosquitto_pub -p 4711 -t hello -m world\n"))
        #expect(text.contains("Nothing is kept on disk"))
    }

    @Test("It says how many event loops there are", arguments: [(1, "on one event loop."), (3, "on 3 event loops.")])
    func loops(count: Int, text: String) {
        var configuration = BrokerConfiguration()
        configuration.loops = count
        #expect(StartupBanner.text(configuration, ports: [1883]).contains(text))
    }

    @Test("A listener nobody may use says so, names the key that opens it, and offers no first message")
    func closed() {
        var configuration = BrokerConfiguration()
        configuration.listeners = [ListenerConfiguration(address: "0.0.0.0")]
        let text = StartupBanner.text(configuration, ports: [1883])
        #expect(text.contains("nobody"))
        #expect(text.contains("anonymous = true"))
        #expect(!text.contains("mosquitto_sub"))
    }

    @Test("An address that is open to the world is called so; the first message goes to an address that answers")
    func open() {
        var configuration = BrokerConfiguration()
        configuration.listeners = [ListenerConfiguration(address: "192.0.2.1")]
        configuration.listeners[0].options.anonymous = true
        let text = StartupBanner.text(configuration, ports: [1883])
        #expect(text.contains("ANYONE"))
        #expect(text.contains("mosquitto_sub -h 192.0.2.1 -p 1883 -t hello -v\n"))
    }
}
