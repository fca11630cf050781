import Testing

@Suite("Every field wrong once, over the wire, beside clients that behave well")
struct WireTests {
    static let loops = [1, 2]

    @Test("Every first byte", arguments: Version.allCases, WireTests.loops)
    func firstBytes(version: Version, loops: Int) throws {
        let broker = try LiveBroker(loops: loops)
        try broker.play(FixedHeaderCases.afterConnect(version))
        try broker.play(FixedHeaderCases.beforeConnect(version))
        try broker.play(FixedHeaderCases.connectFlags(version))
    }

    @Test("Every form of the Remaining Length", arguments: Version.allCases, WireTests.loops)
    func remainingLengths(version: Version, loops: Int) throws {
        try LiveBroker(loops: loops).play(FixedHeaderCases.remainingLengths(version))
    }

    @Test("Every number of a property in every packet", arguments: PropertyHolder.allCases, WireTests.loops)
    func propertyIdentifiers(holder: PropertyHolder, loops: Int) throws {
        let broker = try LiveBroker(loops: loops)
        try broker.play(PropertyCases.identifiers(in: holder))
        try broker.play(PropertyCases.repetitions(in: holder))
    }

    @Test("Every property cut short, and the Property Length wrong", arguments: PropertyHolder.allCases, WireTests.loops)
    func propertyLengths(holder: PropertyHolder, loops: Int) throws {
        let broker = try LiveBroker(loops: loops)
        try broker.play(PropertyCases.truncations(in: holder))
        try broker.play(PropertyCases.lengths(in: holder))
    }

    @Test("Every property out of range and at its edges", arguments: PropertyHolder.allCases, WireTests.loops)
    func propertyValues(holder: PropertyHolder, loops: Int) throws {
        try LiveBroker(loops: loops).play(PropertyCases.values(in: holder))
    }

    @Test("Every Reason Code in every packet that has one", arguments: Version.allCases, WireTests.loops)
    func reasonCodes(version: Version, loops: Int) throws {
        let broker = try LiveBroker(loops: loops)
        try broker.play(ReasonCodeCases.acknowledgements(version))
        try broker.play(ReasonCodeCases.disconnects(version))
        try broker.play(ReasonCodeCases.auths(version))
    }

    @Test("Every Connect Flag and every field of CONNECT", arguments: Version.allCases, WireTests.loops)
    func connectFields(version: Version, loops: Int) throws {
        let broker = try LiveBroker(loops: loops)
        try broker.play(ConnectCases.flags(version))
        try broker.play(ConnectCases.names(version))
        try broker.play(ConnectCases.values(version))
        try broker.play(ConnectCases.strings(version))
        try broker.play(ConnectCases.lengths(version))
    }

    @Test("Every Protocol Level under both names", arguments: WireTests.loops)
    func levels(loops: Int) throws {
        try LiveBroker(loops: loops).play(ConnectCases.levels())
    }

    @Test("PUBLISH and its acknowledgements", arguments: Version.allCases, WireTests.loops)
    func publishing(version: Version, loops: Int) throws {
        let broker = try LiveBroker(loops: loops)
        try broker.play(PublishCases.topics(version))
        try broker.play(PublishCases.packetIdentifiers(version))
        try broker.play(PublishCases.lengths(version))
        try broker.play(PublishCases.dialogues(version))
        if version == .v5 {
            try broker.play(PublishCases.aliases())
            try broker.play(PublishCases.identifiersInUse())
        }
    }

    @Test("SUBSCRIBE and UNSUBSCRIBE", arguments: Version.allCases, WireTests.loops)
    func subscribing(version: Version, loops: Int) throws {
        let broker = try LiveBroker(loops: loops)
        try broker.play(SubscribeCases.options(version))
        try broker.play(SubscribeCases.filters(version))
        try broker.play(SubscribeCases.lengths(version))
    }

    @Test("Every invalid vector that is a client's", arguments: WireTests.loops)
    func vectors(loops: Int) throws {
        let cases = try VectorCases.all()
        #expect(cases.count >= 100)
        try LiveBroker(loops: loops).play(cases)
    }
}
