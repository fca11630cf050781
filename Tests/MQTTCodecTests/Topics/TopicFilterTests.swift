import MQTTCodec
import Testing

@Suite("Topic Filter") struct TopicFilterTests {
    @Test(
        "Filters of the table are valid or not [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.1-2 of 3.1.1] [MQTT-4.7.1-3 of 3.1.1]"
    )
    func validity() {
        #expect(!Vectors.all.filterValidity.isEmpty)
        for row in Vectors.all.filterValidity {
            #expect((TopicFilter(UTF8Text(row.filter)) != nil) == row.valid, "\(row.filter)")
        }
    }

    @Test(
        "Filters match topics as in the table [MQTT-4.7.2-1] [MQTT-4.7.3-4] [MQTT-4.7.2-1 of 3.1.1] [MQTT-4.7.3-4 of 3.1.1]"
    )
    func matching() throws {
        #expect(!Vectors.all.topicMatch.isEmpty)
        for row in Vectors.all.topicMatch {
            let filter = try #require(TopicFilter(UTF8Text(row.filter)))
            #expect(filter.matches(topic: UTF8Text(row.topic)) == row.match, "\(row.filter) \(row.topic)")
        }
    }

    @Test("A Shared Subscription is a name and a filter [MQTT-4.8.2-1] [MQTT-4.8.2-2]")
    func shared() {
        #expect(!Vectors.all.sharedFilters.isEmpty)
        for row in Vectors.all.sharedFilters {
            let filter = TopicFilter(UTF8Text(row.filter))
            if row.filter == "$share" {
                // Without a slash it is no share but an ordinary filter.
                #expect(filter?.shareName == nil)
                #expect(filter?.filter.string == "$share")
                continue
            }
            #expect((filter != nil) == row.valid, "\(row.filter)")
            #expect(filter?.shareName?.string == row.shareName)
            #expect(filter?.filter.string == row.innerFilter)
            if row.valid { #expect(filter?.text.string == row.filter) }
        }
    }

    @Test("The ShareName has no part in matching") func sharedMatching() throws {
        let filter = try #require(TopicFilter(UTF8Text("$share/g/a/+")))
        #expect(filter.matches(topic: UTF8Text("a/b")))
        #expect(!filter.matches(topic: UTF8Text("$share/g/a/b")))
        #expect(filter.hasWildcards)
        #expect(filter.levelCount == 2)
        let all = try #require(TopicFilter(UTF8Text("$share/g/#")))
        #expect(!all.matches(topic: UTF8Text("$SYS/x")))
        let plain = try #require(TopicFilter(UTF8Text("a/b/")))
        #expect(!plain.hasWildcards)
        #expect(plain.levelCount == 3)
    }

    @Test("A filter of more than 65,535 bytes is none [MQTT-4.7.3-3]") func tooLong() {
        let longest = UTF8Text(unchecked: [UInt8](repeating: 0x2F, count: 65_535))
        #expect(TopicFilter(longest)?.levelCount == 65_536)
        #expect(TopicFilter(UTF8Text(unchecked: longest.bytes + [0x2F])) == nil)
    }
}
