import Testing
import Transport

@testable import Broker

@Suite("The date of the machine is set while a broker runs")
struct ClockStepTests {
    private let folder: DataFolder
    private let time = ManualTime()

    init() throws { folder = try DataFolder() }

    private func start() throws(BrokerStartError) -> BrokerThread {
        try BrokerThread(configuration: folder.configuration(loops: 1), log: folder.log, clock: .manual(time))
    }

    @Test(
        "what it keeps from then on counts from the new date: sessions and messages live on as long as they should",
        arguments: [3_600, -3_600])
    func follows(seconds: Int64) throws {
        do {
            let broker = try start()
            let sleeper = try Client(port: broker.ports[0], clientID: "sleeper", expiry: 60)
            #expect(try sleeper.subscribe("a"))
            time.setWall(aheadBySeconds: seconds)
            #expect(try sleeper.leave())
            let publisher = try Client(port: broker.ports[0], clientID: "publisher")
            try publisher.send(0x32, Client.text("a") + [0, 7, 5, 0x02] + Client.bytes(60) + [42])
            #expect(try publisher.packet() == [0x40, 2, 0, 7])
            #expect(try publisher.leave())
            broker.stop()
        }
        time.advance(bySeconds: 30)
        do {
            let broker = try start()
            let sleeper = try Client(port: broker.ports[0], clientID: "sleeper", expiry: 60)
            #expect(sleeper.hadSession)
            #expect(
                try sleeper.packet() == [0x32, 12] + Client.text("a") + [0, 1, 5, 0x02] + Client.bytes(30) + [42], "half its life is over")
            #expect(try sleeper.leave())
            broker.stop()
        }
        time.advance(bySeconds: 61)
        let broker = try start()
        let sleeper = try Client(port: broker.ports[0], clientID: "sleeper", expiry: 60)
        #expect(!sleeper.hadSession)
        #expect(try sleeper.leave())
        broker.stop()
    }
}
