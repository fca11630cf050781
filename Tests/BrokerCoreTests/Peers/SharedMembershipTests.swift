import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("Members on other shards")
struct SharedMembershipTests {
    private let membership = Membership(slot: 7, generation: 1)

    @Test("What is on its way takes room, also when the counts wrap")
    func room() {
        for start in [0, UInt32.max - 1] {
            var member = RemoteMember(shard: 1, membership: membership)
            member.given = start
            member.state = MemberState(taken: start, room: 3, inFlight: 2, isConnected: true)
            #expect(member.room == 3 && member.inFlight == 2)
            for _ in 0..<3 { member.given &+= 1 }
            #expect(member.room == 0 && member.inFlight == 5)
            member.state.taken &+= 3
            #expect(member.room == 3)
            member.state.isConnected = false
            #expect(member.room == 0)
        }
    }

    @Test("They are found by shard and slot, until they leave")
    func rows() {
        var members = RemoteMembers()
        let row = members.insert(RemoteMember(shard: 1, membership: membership))
        let other = members.insert(RemoteMember(shard: 2, membership: membership))
        #expect(members.find(membership, of: 1) == row && members.find(membership, of: 2) == other)
        #expect(members.all(of: 2) == [other] && members.count == 2)
        members.remove(row)
        #expect(members.find(membership, of: 1) == nil && members.all(of: 1).isEmpty)
        #expect(members.insert(RemoteMember(shard: 3, membership: membership)) == row)
        #expect(members.find(membership, of: 2) == other)
    }
}
