import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Shared Subscriptions")
struct SharedSubscriptionsTests {
    private func ids(_ packets: [Packet]) -> [UInt16] {
        packets.compactMap { if case .publish(let publish) = $0 { publish.packetID } else { nil } }
    }

    @Test("Members take turns, and nobody gets a message twice [MQTT-4.8.2-3]")
    func roundRobin() {
        var broker = TestBroker()
        let members = (0..<3).map { broker.connect("member \($0)") }
        for member in members { broker.send(.subscribe("$share/group/a"), from: member) }
        for member in members { _ = broker.received(member) }
        let publisher = broker.connect("publisher", version: .v3_1_1)
        for i in 0..<9 { broker.send(.publish("a", "\(i)"), from: publisher) }
        let got = members.map { broker.payloads($0) }
        #expect(got.map(\.count) == [3, 3, 3])
        #expect(got.flatMap { $0 }.sorted() == (0..<9).map(String.init))
    }

    @Test("Least in flight: who acknowledges gets more")
    func leastInFlight() {
        var options = TestBroker.quiet
        options.sharedSubscriptionStrategy = .leastInFlight
        var broker = TestBroker(options: options)
        let slow = broker.connect("slow")
        let quick = broker.connect("quick")
        for member in [slow, quick] { broker.send(.subscribe("$share/group/a", qos: .atLeastOnce), from: member) }
        var counts = [0, 0]
        let publisher = broker.connect("publisher")
        for i in 1...20 as ClosedRange<UInt16> {
            broker.send(.publish("a", "x", qos: .atLeastOnce, id: i), from: publisher)
            counts[0] += ids(broker.received(slow)).count
            let got = ids(broker.received(quick))
            counts[1] += got.count
            broker.send(got.map { .puback($0) }, from: quick)
        }
        #expect(counts[0] <= 2 && counts[1] >= 18)
    }

    @Test("What a member has not acknowledged when it goes, the others get, in order, before what waits")
    func takenBack() {
        var broker = TestBroker()
        let first = broker.connect("first", properties: [.sessionExpiryInterval(seconds: 100), .receiveMaximum(4)])
        broker.send(.subscribe("$share/group/a", qos: .atLeastOnce), from: first)
        let publisher = broker.connect("publisher")
        for i in 1...6 as ClosedRange<UInt16> { broker.send(.publish("a", "\(i)", qos: .atLeastOnce, id: i), from: publisher) }
        let second = broker.connect("second")
        broker.send(.subscribe("$share/group/a", qos: .atLeastOnce), from: second)
        #expect(broker.payloads(first) == ["1", "2", "3", "4"])
        broker.send(.puback(2), from: first)
        let before = broker.payloads(second) + broker.payloads(first)
        #expect(before.sorted() == ["5", "6"])
        broker.drop(first)
        let after = broker.payloads(second)
        #expect(after.filter { !before.contains($0) } == ["1", "3", "4"])
        #expect(after == after.sorted())
    }

    @Test("QoS 2 stays with the session it was begun with [MQTT-4.8.2-4]")
    func exactlyOnce() {
        var broker = TestBroker()
        let first = broker.connect("first", properties: [.sessionExpiryInterval(seconds: 100)])
        broker.send(.subscribe("$share/group/a", qos: .exactlyOnce), from: first)
        let publisher = broker.connect("publisher")
        broker.send(.publish("a", "two", qos: .exactlyOnce), from: publisher)
        let second = broker.connect("second")
        broker.send(.subscribe("$share/group/a", qos: .exactlyOnce), from: second)
        broker.drop(first)
        #expect(broker.payloads(second) == [])
        let again = broker.connect("first", cleanStart: false, properties: [.sessionExpiryInterval(seconds: 100)])
        #expect(broker.messages(again).map(\.dup) == [true])
    }

    @Test("While no member is connected messages wait for the first that comes")
    func pending() {
        var broker = TestBroker()
        let member = broker.connect("member", properties: [.sessionExpiryInterval(seconds: 100)])
        broker.send(.subscribe("$share/group/a", qos: .atLeastOnce), from: member)
        broker.drop(member)
        let publisher = broker.connect("publisher")
        for i in 1...3 as ClosedRange<UInt16> { broker.send(.publish("a", "\(i)", qos: .atLeastOnce, id: i), from: publisher) }
        #expect(broker.tick.core.queued.messages == 3)
        let again = broker.connect("member", cleanStart: false, properties: [.sessionExpiryInterval(seconds: 100)])
        #expect(broker.payloads(again) == ["1", "2", "3"])
        #expect(broker.tick.core.queued.messages == 0)
    }

    @Test("QoS 0 does not wait behind messages for which nobody has quota")
    func atMostOncePasses() {
        var broker = TestBroker()
        let member = broker.connect("member", properties: [.receiveMaximum(1)])
        broker.send(.subscribe("$share/group/a", qos: .atLeastOnce), from: member)
        let publisher = broker.connect("publisher")
        for i in 1...3 as ClosedRange<UInt16> { broker.send(.publish("a", "\(i)", qos: .atLeastOnce, id: i), from: publisher) }
        broker.send(.publish("a", "0"), from: publisher)
        #expect(broker.payloads(member) == ["1", "0"])
    }

    @Test("What was sent for a group that is gone does not go to the members of another")
    func groupsDoNotMix() {
        var broker = TestBroker()
        let first = broker.connect("first", properties: [.sessionExpiryInterval(seconds: 100)])
        broker.send(.subscribe("$share/group/private", qos: .atLeastOnce), from: first)
        let publisher = broker.connect("publisher")
        broker.send(.publish("private", "secret", qos: .atLeastOnce), from: publisher)
        broker.send(.unsubscribe("$share/group/private"), from: first)
        let second = broker.connect("second")
        broker.send(.subscribe("$share/group/public", qos: .atLeastOnce), from: second)
        _ = broker.received(second)
        broker.drop(first)
        #expect(broker.payloads(second) == [])
        let again = broker.connect("first", cleanStart: false)
        #expect(broker.payloads(again) == ["secret"])
    }

    @Test("When the last member leaves, what waited ends with the group")
    func lastMember() {
        var broker = TestBroker()
        let member = broker.connect("member", properties: [.receiveMaximum(1)])
        broker.send(.subscribe("$share/group/a", qos: .atLeastOnce), from: member)
        for i in 1...5 as ClosedRange<UInt16> { broker.send(.publish("a", "\(i)", qos: .atLeastOnce, id: i), from: member) }
        broker.send(.unsubscribe("$share/group/a"), from: member)
        #expect(broker.tick.core.queued.messages == 0)
        broker.drop(member)
        #expect(broker.tick.core.messages.count == 0)
        #expect(broker.tick.core.pendingGroups == 0)
    }

    @Test("Two share names on one filter are two groups, beside those who share nothing")
    func twoGroups() {
        var broker = TestBroker()
        let clients = (0..<3).map { broker.connect("\($0)") }
        for (client, filter) in zip(clients, ["$share/one/a/#", "$share/two/a/#", "a/#"]) { broker.send(.subscribe(filter), from: client) }
        broker.send(.publish("a/b", "x"), from: clients[0])
        for client in clients { #expect(broker.payloads(client) == ["x"]) }
    }

    @Test(
        "Share names on one filter come and go in any order, each found again", arguments: [[0, 1, 2], [2, 1, 0], [1, 2, 0], [1, 0, 2]])
    func manyShareNames(order: [Int]) {
        var broker = TestBroker()
        let publisher = broker.connect("publisher", version: .v3_1_1)
        let members = (0..<3).map { broker.connect("member \($0)") }
        for (i, member) in members.enumerated() { broker.send(.subscribe("$share/\(i)/a"), from: member) }
        for member in members { broker.send(.subscribe("$share/0/b"), from: member) }
        var left = Set(0..<3)
        for leaving in order {
            broker.send(.unsubscribe("$share/\(leaving)/a"), from: members[leaving])
            left.remove(leaving)
            broker.send(.publish("a", "x"), from: publisher)
            for i in 0..<3 { #expect(broker.payloads(members[i]).count == (left.contains(i) ? 1 : 0)) }
        }
        #expect(broker.tick.census.sharedSubscriptions == 1)
    }

    private func join(_ clientID: String, _ broker: inout TestBroker) -> TestBroker.Client {
        let client = broker.connect(clientID)
        broker.send(.subscribe("$share/group/t"), from: client)
        _ = broker.received(client)
        return client
    }

    /// Publishes `count` messages, each in its own tick, and says which went to whom.
    private func publish(_ count: Int, to members: [TestBroker.Client], _ broker: inout TestBroker) -> [[String]] {
        let publisher = broker.connect("publisher")
        for i in 1...count { broker.send(.publish("t", "\(i)"), from: publisher) }
        return members.map { broker.payloads($0) }
    }

    @Test("Members take turns in the order in which they subscribed")
    func turns() {
        var broker = TestBroker()
        let members = ["a", "b", "c"].map { join($0, &broker) }
        let shares = publish(4, to: members, &broker)
        #expect(shares == [["1", "4"], ["2"], ["3"]])
    }

    @Test("Whoever leaves, first, middle or last, the others go on in their order", arguments: 0...2)
    func leaving(position: Int) {
        var broker = TestBroker()
        var members = ["a", "b", "c"].map { join($0, &broker) }
        broker.send(.unsubscribe("$share/group/t"), from: members.remove(at: position))
        let first = publish(4, to: members, &broker)
        #expect(first == [["1", "3"], ["2", "4"]])
        members.append(join("d", &broker))
        let second = publish(3, to: members, &broker)
        #expect(second == [["1"], ["2"], ["3"]])
    }

    @Test("A group that has lost all its members begins anew")
    func emptied() {
        var broker = TestBroker()
        let first = join("a", &broker)
        broker.send(.unsubscribe("$share/group/t"), from: first)
        let members = ["b", "c"].map { join($0, &broker) }
        let shares = publish(2, to: members, &broker)
        #expect(shares == [["1"], ["2"]])
    }
}
