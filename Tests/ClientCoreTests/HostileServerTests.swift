import MQTTCodec
import Primitives
import Testing

@testable import ClientCore

@Suite("A server that sends anything")
struct HostileServerTests {
    /// A client in the midst of everything: exchanges of all kinds, subscriptions, pings, a store.
    private func busyClient(_ version: ClientVersion, _ random: inout SeededRandom) -> TestClient {
        let client = TestClient(version: version, store: Bool.random(using: &random) ? VirtualStore() : nil) {
            $0.session = Bool.random(using: &random) ? .kept(seconds: 60) : .thisRun
            $0.receiveMaximum = .random(in: 1...5, using: &random)
            $0.maximumPacketSize = .random(in: 20...200, using: &random)
            if version == .v5, Bool.random(using: &random) {
                $0.authentication = EnhancedAuthentication(method: "M", firstData: { nil }, answer: { $0 })
            }
        }
        client.open()
        return client
    }

    private func keepBusy(_ client: TestClient) {
        let number = UInt32(client.operation().number)
        client.handle(.ping(Operation(UInt64(number))))
        for (qos, text) in zip(QoS.allCases, ["0", "1", "2"]) { client.publish("a", text, qos: qos) }
        client.subscribe(number, "a", "b/+")
        client.subscribe(number + 1, "#")
        client.unsubscribe(number)
        client.flush()
        client.handle(.acknowledge(client.takeReceived().map(\.message.receipt)))
    }

    /// Packets a server may send, with numbers that are mostly ours.
    private func packet(_ random: inout SeededRandom, _ version: ClientVersion) -> [UInt8] {
        let id = UInt16.random(in: 1...8, using: &random)
        let code = ReasonCode.allCases.randomElement(using: &random) ?? .success
        let isNewer = version == .v5
        let properties: [[Property]] = [
            [], [.topicAlias(UInt16.random(in: 0...40, using: &random))], [.subscriptionIdentifier(UInt32(id))],
            [.serverReference(UTF8Text("other:\(id)"))], [.reasonString(UTF8Text("why"))], [.receiveMaximum(id)],
            [.maximumPacketSize(UInt32(id))],
            [.authenticationMethod(UTF8Text("M"))], [.maximumQoS(0), .retainAvailable(false), .topicAliasMaximum(id)],
        ]
        let list = isNewer ? properties.randomElement(using: &random) ?? [] : []
        let qos = QoS.allCases.randomElement(using: &random) ?? .atMostOnce
        let isDuplicate = qos > .atMostOnce && Bool.random(using: &random)
        let packet: Packet =
            switch Int.random(in: 0..<13, using: &random) {
            case 0, 1:
                .connack(sessionPresent: Bool.random(using: &random), Int.random(in: 0..<3, using: &random) > 0 ? .success : code, list)
            case 2, 3, 4:
                .publish(["a", "b/c", "", "+"].randomElement(using: &random) ?? "", "x", qos: qos, id: id, dup: isDuplicate, list)
            case 5: .puback(id, isNewer ? code : .success)
            case 6: .pubrec(id, isNewer ? code : .success)
            case 7: .pubrel(id)
            case 8: .pubcomp(id)
            case 9: .suback(id, .success, code)
            case 10: .unsuback(id, .success)
            case 11: isNewer ? .disconnect(code, list) : .pingResponse
            default: isNewer ? .auth(.continueAuthentication, method: "M", data: "x") : .pingResponse
            }
        let bytes = packet.bytes(isNewer ? .v5 : .v3_1_1)
        return bytes.isEmpty ? Packet.pingResponse.bytes(.v5) : bytes
    }

    @Test(
        "Whatever comes, the client sends whole packets only, answers everybody once, and stops when asked to",
        arguments: ClientVersion.allCases)
    func anything(version: ClientVersion) {
        for seed in 0..<500 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let client = busyClient(version, &random)
            client.label = "seed \(seed): "
            if Bool.random(using: &random) { client.receive(.connack()) }
            for _ in 0..<Int.random(in: 1...25, using: &random) {
                if Int.random(in: 0..<4, using: &random) == 0 { keepBusy(client) }
                var bytes = packet(&random, version)
                switch Int.random(in: 0..<10, using: &random) {
                case 0: bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                case 1: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
                case 2: bytes = (0..<Int.random(in: 1...30, using: &random)).map { _ in .random(in: 0...255, using: &random) }
                default: break
                }
                client.receive(bytes)
                _ = client.sent()
                if !client.isOpen, !client.isFinished {
                    client.open()
                    if Bool.random(using: &random) { client.receive(.connack(sessionPresent: Bool.random(using: &random))) }
                }
                if Int.random(in: 0..<8, using: &random) == 0 { client.advance(seconds: .random(in: 0...5, using: &random)) }
            }
            _ = client.sent()
            client.stop()
            #expect(client.isFinished, "seed \(seed)")
            if client.operationsWithoutOutcome > 0 { Issue.record("seed \(seed): \(client.operationsWithoutOutcome) wait for ever") }
        }
    }
}
