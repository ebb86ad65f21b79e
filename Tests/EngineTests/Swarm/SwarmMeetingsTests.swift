import PeerProtocol
import PluginKit
import Testing

@testable import Engine

struct SwarmMeetingsTests {
  private let numbers: [PeerNumber] = [10, 11, 12, 13]

  private func peer(_ address: String, _ id: UInt8) throws -> SwarmMeetings.Peer {
    SwarmMeetings.Peer(address: try #require(IPAddress(address)), id: try #require(PeerID(Array(repeating: id, count: 20))))
  }

  private func expect(
    _ meetings: inout SwarmMeetings, _ number: PeerNumber, _ peer: SwarmMeetings.Peer, _ isPreferred: Bool, _ answer: SwarmMeetings.Answer,
    _ location: SourceLocation = #_sourceLocation
  ) {
    let given = meetings.meet(number, peer, isPreferred: isPreferred)
    #expect(given == answer, sourceLocation: location)
  }

  @Test func `Of two links with one peer the preferred one stays, whichever comes first`() throws {
    let one = try peer("10.0.0.1", 1)
    var meetings = SwarmMeetings()
    expect(&meetings, numbers[0], one, true, .stays)
    expect(&meetings, numbers[1], one, false, .goes)
    var others = SwarmMeetings()
    expect(&others, numbers[0], one, false, .stays)
    expect(&others, numbers[1], one, true, .replaces(numbers[0]))
    // The one that was replaced goes, and the other one is still met.
    others.leave(numbers[0])
    expect(&others, numbers[2], one, false, .goes)
  }

  @Test func `Of two links that are dialed by the same end the first one stays`() throws {
    let one = try peer("10.0.0.1", 1)
    var meetings = SwarmMeetings()
    expect(&meetings, numbers[0], one, true, .stays)
    expect(&meetings, numbers[1], one, true, .goes)
    expect(&meetings, numbers[0], one, true, .stays)
  }

  @Test func `Another address or peer id is somebody else, and who has left may come again`() throws {
    var meetings = SwarmMeetings()
    for (number, other) in zip(numbers, [try peer("10.0.0.1", 1), try peer("10.0.0.2", 1), try peer("10.0.0.1", 2)]) {
      expect(&meetings, number, other, false, .stays)
    }
    meetings.leave(numbers[0])
    expect(&meetings, numbers[3], try peer("10.0.0.1", 1), false, .stays)
  }
}
