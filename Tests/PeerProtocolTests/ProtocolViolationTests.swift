import PeerProtocol
import Testing

@Suite struct ProtocolViolationTests {
  @Test func saysWhereAndWhatInOneLine() {
    let violation = ProtocolViolation(
      .outOfRange, "there is no piece 12: the torrent has 10", at: .init(message: "have", field: "index", offset: 5))
    #expect(violation.description == "have.index at byte 5: there is no piece 12: the torrent has 10")
    #expect(ProtocolViolation.Place(message: "choke").description == "choke")
    #expect(ProtocolViolation.Place(message: "piece", offset: 4).description == "piece at byte 4")
  }

  @Test func codesAreStableWords() {
    #expect(
      ProtocolViolation.Code.allCases.map(\.rawValue) == [
        "wrong_protocol", "wrong_length", "too_long", "malformed", "out_of_range", "unexpected", "not_negotiated", "unrequested", "flood",
      ])
  }

  @Test func whatASessionSaysNamesTheMessage() {
    var session = PeerSession.on()
    #expect { try session.receive(.have(12)) } throws: {
      ($0 as? ProtocolViolation)?.description == "have.index at byte 5: there is no piece 12: the torrent has 10"
    }
  }
}
