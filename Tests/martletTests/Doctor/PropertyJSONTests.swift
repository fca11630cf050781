import Testing

@testable import martlet

@Suite("Encoded properties as JSON")
struct PropertyJSONTests {
    private func json(_ bytes: [UInt8]) -> String {
        var object = JSONObject()
        PropertyJSON.add(bytes, as: "properties", to: &object)
        return object.closed
    }

    @Test(
        "The bytes come back, in words where there are any",
        arguments: [
            ([], "{}"), ([0x01, 1], #"{"properties":[{"payload-format-indicator":1}]}"#),
            ([0x02, 0, 0, 1, 0], #"{"properties":[{"message-expiry-interval":256}]}"#),
            ([0x08, 0, 1, 0x72, 0x03, 0, 0], #"{"properties":[{"response-topic":"r"},{"content-type":""}]}"#),
            ([0x09, 0, 2, 0x68, 0x69], #"{"properties":[{"correlation-data":"hi"}]}"#),
            ([0x09, 0, 1, 0xFF], #"{"properties":[{"correlation-data_base64":"/w=="}]}"#),
            ([0x0B, 0xFF, 0xFF, 0xFF, 0x7F], #"{"properties":[{"subscription-identifier":268435455}]}"#),
            (
                [0x26, 0, 1, 0x61, 0, 1, 0x62, 0x26, 0, 1, 0x61, 0, 0],
                #"{"properties":[{"user-property":{"name":"a","value":"b"}},{"user-property":{"name":"a","value":""}}]}"#
            ),
            // Unknown, cut short, not the shortest form, not UTF-8.
            ([0x7F], #"{"properties_base64":"fw=="}"#), ([0x01], #"{"properties_base64":"AQ=="}"#),
            ([0x0B, 0x80, 0x00], #"{"properties_base64":"C4AA"}"#), ([0x03, 0, 1, 0xFF], #"{"properties_base64":"AwAB/w=="}"#),
        ] as [([UInt8], String)])
    func roundTrip(bytes: [UInt8], text: String) throws {
        #expect(json(bytes) == text)
        var fields = try FieldReader(JSONValue(Array(text.utf8)))
        #expect(try PropertyJSON.read("properties", from: &fields, atMost: 100) == bytes)
        try fields.end()
    }

    @Test("More bytes than there may be are refused")
    func tooMany() throws {
        var fields = try FieldReader(JSONValue(Array(#"{"properties":[{"payload-format-indicator":1}]}"#.utf8)))
        #expect(throws: FieldReader.Problem(field: "properties", words: "expected at most 1 bytes, found 2")) {
            try PropertyJSON.read("properties", from: &fields, atMost: 1)
        }
    }
}
