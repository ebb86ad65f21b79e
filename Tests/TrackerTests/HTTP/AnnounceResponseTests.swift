import NIOCore
import Testing
import Tracker

@Suite struct AnnounceResponseTests {
  private func decode(_ text: String) throws -> AnnounceResponse { try AnnounceResponse(http: Array(text.utf8)) }

  @Test func `an answer with all its fields is read`() throws {
    let peers: [UInt8] = [10, 0, 0, 1, 0x1A, 0xE1, 10, 0, 0, 2, 0, 80]
    let peers6: [UInt8] = [0xFD] + [UInt8](repeating: 0, count: 14) + [5, 0, 81]
    let body =
      Array("d8:completei3e10:incompletei4e8:intervali1800e12:min intervali60e5:peers12:".utf8) + peers + Array("6:peers618:".utf8) + peers6
      + Array("10:tracker id2:ab15:warning message4:slowe".utf8)
    let response = try AnnounceResponse(http: body)
    #expect(
      response
        == AnnounceResponse(
          interval: .seconds(1800), minimumInterval: .seconds(60),
          peers: [try address("10.0.0.1", 6881), try address("10.0.0.2", 80), try address("fd00::5", 81)], seeders: 3, leechers: 4,
          warning: "slow", trackerID: Array("ab".utf8)))
  }

  @Test func `peers in the long form are read, and names left out`() throws {
    let body = """
      d5:peersld2:ip8:10.0.0.14:porti1e7:peer id20:aaaaaaaaaaaaaaaaaaaaed2:ip7:fd00::54:porti2eed2:ip9:tracker.x4:porti3eeee
      """
    #expect(try decode(body).peers == [try address("10.0.0.1", 1), try address("fd00::5", 2)])
  }

  @Test func `an empty dictionary is an answer without peers, and keys may be unsorted`() throws {
    #expect(try decode("de") == AnnounceResponse())
    #expect(try decode("d5:peers0:8:intervali9ee").interval == .seconds(9))
  }

  @Test func `addresses that nobody can dial are left out, and mapped ones are IPv4`() throws {
    let v6: [[UInt8]] = [
      [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 10, 0, 0, 9, 0, 7], [UInt8](repeating: 0, count: 16) + [0, 7],
      [0xFF] + [UInt8](repeating: 1, count: 15) + [0, 7], [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 0, 0, 0, 0, 0, 7],
    ]
    let v4: [UInt8] = [0, 0, 0, 0, 0, 7, 10, 0, 0, 1, 0, 0, 224, 0, 0, 1, 0, 7, 255, 255, 255, 255, 0, 7, 10, 0, 0, 8, 0, 7]
    let body = Array("d5:peers30:".utf8) + v4 + Array("6:peers672:".utf8) + v6.joined() + Array("e".utf8)
    #expect(try AnnounceResponse(http: body).peers == [try address("10.0.0.8", 7), try address("10.0.0.9", 7)])
  }

  @Test func `no more peers are taken than the limit`() throws {
    let many = (0..<3000).flatMap { (index: Int) -> [UInt8] in [10, 1, UInt8(index >> 8), UInt8(index & 255), 0, 9] }
    let body = Array("d5:peers\(many.count):".utf8) + many + Array("e".utf8)
    #expect(try AnnounceResponse(http: body).peers.count == AnnounceResponse.maximumPeers)
  }

  @Test func `two answers are one that has each peer once and the longer waits`() throws {
    let (one, two, three) = (try address("10.0.0.1", 1), try address("10.0.0.2", 1), try address("fd00::1", 1))
    let merged = AnnounceResponse(interval: .seconds(60), peers: [one, two], seeders: 1).merged(
      with: AnnounceResponse(interval: .seconds(90), peers: [two, three], leechers: 4))
    #expect(merged == AnnounceResponse(interval: .seconds(90), peers: [one, two, three], seeders: 1, leechers: 4))
  }

  @Test(arguments: [
    ("d8:intervali-1ee", "interval"), ("d8:interval2:60e", "interval"), ("d12:min intervallee", "min interval"),
    ("d8:complete0:e", "complete"),
    ("d5:peersi1ee", "peers"), ("d5:peers5:abcdee", "peers"), ("d6:peers617:abcdefghijklmnopqe", "peers6"), ("d6:peers6lee", "peers6"),
    ("d5:peersli1eee", "peers[0].ip"), ("d5:peersld4:porti1eeee", "peers[0].ip"), ("d5:peersld2:ip1:aeee", "peers[0].port"),
    ("d5:peersld2:ip1:a4:porti65536eeee", "peers[0].port"), ("d5:peersld2:ip1:a4:porti-1eeee", "peers[0].port"), ("le", "body"),
    ("", "body"),
    ("<html>", "body"), ("d", "body"), ("d5:peers99999999999999999999:", "body"), ("dei0e", "body"), ("d10:tracker idi1ee", "tracker id"),
    (String(repeating: "l", count: 100_000), "body"),
  ])
  func `a malformed answer names the place`(text: String, place: String) throws {
    let error = try #require(throws: TrackerError.self) { try decode(text) }
    guard case .malformed(place, _) = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test(arguments: [
    ("d14:failure reason4:busye", nil), ("d14:failure reason4:busy8:retry ini5ee", TrackerError.Retry.after(.seconds(300))),
    ("d14:failure reason4:busy8:retry in1:5e", .after(.seconds(300))), ("d14:failure reason4:busy8:retry in5:nevere", .never),
    ("d14:failure reason4:busy8:retry ini0ee", nil), ("d14:failure reason4:busy8:retry in4:soone", nil),
    ("d14:failure reason4:busy5:peersi1ee", nil),
  ])
  func `a failure reason is a refusal, with its advice`(text: String, retry: TrackerError.Retry?) {
    #expect(throws: TrackerError.refused(reason: "busy", retry: retry)) { try decode(text) }
  }

  @Test func `advice beyond all measure does no harm`() throws {
    let error = try #require(throws: TrackerError.self) { try decode("d14:failure reason0:8:retry ini9223372036854775807ee") }
    var generator = RepeatableGenerator()
    #expect(AnnounceTiming().retry(after: error, failures: 1, using: &generator) == .seconds(7200))
    let response = try decode("d8:intervali9223372036854775807e12:min intervali9223372036854775807ee")
    #expect(AnnounceTiming().interval(response) == .seconds(7200))
  }

  @Test func `a refusal is escaped in the message`() {
    #expect(TrackerError.refused(reason: "no\u{1B}[0m", retry: nil).description == "the tracker refuses: no\\u{1b}[0m")
  }

  @Test func `every cut and every changed byte of an answer is read or refused`() {
    let body = Array("d8:intervali1800e5:peersld2:ip8:10.0.0.14:porti1eee6:peers618:aaaaaaaaaaaaaaaaaa10:tracker id2:abe".utf8)
    var outcomes: Set<Bool> = []
    for index in body.indices {
      outcomes.insert((try? AnnounceResponse(http: Array(body[..<index]))) != nil)
      for byte in UInt8.min...UInt8.max {
        var changed = body
        changed[index] = byte
        outcomes.insert((try? AnnounceResponse(http: changed)) != nil)
      }
    }
    #expect(outcomes == [true, false])
  }
}
