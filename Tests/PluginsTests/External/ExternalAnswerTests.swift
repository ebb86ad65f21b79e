import Metainfo
import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct ExternalAnswerTests {
  private let all = ExternalOptions.known
  /// Files of 40 and 24 bytes, pieces of 16.
  private let artifact = PolicyFixtures.artifact()

  private func answer(_ json: String, guards: Set<Operation>? = nil) throws -> ExternalAnswer {
    let reply = try ExternalIncoming.read(ExternalIncoming.Reply.self, from: Array(json.utf8))
    return try ExternalAnswer(
      reply, guards: guards ?? all, artifact: artifact, now: PolicyFixtures.noon, validFor: .seconds(300))
  }

  private func problem(_ json: String) -> String? {
    do {
      _ = try answer(json)
      return nil
    } catch {
      return "\(error)"
    }
  }

  private let end = PolicyFixtures.noon.after(.seconds(300))

  @Test func oneVerdictCanBeForAll() throws {
    let answer = try answer(#"{"type":"answer","id":1,"verdict":"allow","reason":"a friend","rule":"r1"}"#)
    for operation in all {
      #expect(answer.verdict(on: operation) == .allow("a friend", rule: "r1", validUntil: end))
    }
    #expect(answer.until == end)
    #expect(!answer.verdict(on: .announce).isAllowed)
  }

  @Test func verdictsForOneOperationCountFirstAndWhatIsNotSaidIsDenied() throws {
    let mixed = try answer(#"{"verdict":"allow","verdicts":{"metadata":{"verdict":"deny","reason":"secret"}}}"#)
    #expect(mixed.verdict(on: .metadata) == .deny("secret", validUntil: end))
    #expect(mixed.verdict(on: .request).isAllowed)
    let silent = try answer(#"{"verdicts":{"connect":{"verdict":"allow"}}}"#)
    #expect(silent.verdict(on: .connect) == .allow("the program gives no reason", validUntil: end))
    #expect(silent.verdict(on: .request).reason == "the program's answer says nothing of request")
    let empty = try answer("{}")
    #expect(all.allSatisfy { !empty.verdict(on: $0).isAllowed })
  }

  @Test func anAnswerHoldsAsLongAsItsShortestVerdictAndNotForEver() throws {
    let soon = PolicyFixtures.noon.unixSeconds + 60
    let answer = try answer(#"{"verdict":"allow","verdicts":{"request":{"verdict":"allow","valid_until":\#(soon)}}}"#)
    #expect(answer.until == PolicyFixtures.noon.after(.seconds(60)))
    #expect(answer.verdict(on: .connect).validUntil == answer.until)
    let late = try self.answer(#"{"verdict":"allow","valid_until":1e300}"#)
    #expect(late.until == end)
    #expect(problem(#"{"verdict":"allow","valid_until":1}"#) == "valid_until is past")
    #expect(problem(#"{"verdict":"allow","valid_until":-5}"#) == "valid_until is no moment")
  }

  @Test func aPartOfTheArtifactCanBeGranted() throws {
    let answer = try answer(#"{"verdict":"allow","verdicts":{"request":{"verdict":"allow","files":["readme*"],"pieces":[0,"2-3"]}}}"#)
    guard case .part(let part) = answer.verdict(on: .request).scope else {
      Issue.record("not a part")
      return
    }
    #expect(part.contains(Block(piece: 0, offset: 0, length: 16), in: artifact.layout))
    #expect(!part.contains(Block(piece: 1, offset: 0, length: 16), in: artifact.layout))
    #expect(part.contains(Block(piece: 2, offset: 0, length: 8), in: artifact.layout))
    #expect(!part.contains(Block(piece: 2, offset: 0, length: 16), in: artifact.layout))
    #expect(!part.contains(Block(piece: 3, offset: 0, length: 16), in: artifact.layout))
  }

  @Test func aPartThatHasNothingIsADenial() throws {
    let answer = try answer(#"{"verdicts":{"request":{"verdict":"allow","reason":"some","files":["nothing/**"]}}}"#)
    #expect(!answer.verdict(on: .request).isAllowed)
    #expect(answer.verdict(on: .request).reason.hasPrefix("some (but nothing of the artifact is within"))
    #expect(try !self.answer(#"{"verdicts":{"request":{"verdict":"allow","pieces":[999]}}}"#).verdict(on: .request).isAllowed)
  }

  @Test(arguments: [
    (#"{"verdict":"yes"}"#, "'yes' is neither allow nor deny"), (#"{"verdict":"allow","file":[]}"#, "unknown key 'file'"),
    (#"{"verdicts":{"connekt":{"verdict":"allow"}}}"#, "verdicts: 'connekt' is no operation"),
    (#"{"verdicts":{"request":{"verdict":"allow","peices":[1]}}}"#, "unknown key 'peices'"),
    (
      #"{"verdicts":{"metadata":{"verdict":"allow","files":["a"]}}}"#, "files and pieces limit what is allowed of request, and nothing else"
    ),
    (#"{"verdicts":{"request":{"verdict":"deny","files":["a"]}}}"#, "files and pieces limit what is allowed of request, and nothing else"),
    (#"{"verdicts":{"request":{"verdict":"allow","files":["/a"]}}}"#, "files: paths are relative: write 'a'"),
    (#"{"verdicts":{"request":{"verdict":"allow","pieces":["3-1"]}}}"#, "pieces: neither a piece nor a range"),
    (#"{"verdicts":{"request":{}}}"#, "verdicts.request: 'verdict' is missing"),
    (#"{"verdict":5}"#, "verdict: a value of the wrong type"), (#"{"#, "not JSON"),
  ])
  func whatIsWrongIsNamed(json: String, why: String) {
    #expect(problem(json) == why)
  }

  @Test func itsTextIsPlainAndShort() throws {
    let text = String(repeating: "x", count: 2000)
    let answer = try answer(#"{"verdict":"deny","reason":"a\u001b[2Jb\#(text)"}"#)
    let reason = answer.verdict(on: .connect).reason
    #expect(reason.hasPrefix("a\\u{1b}[2Jbx") && reason.hasSuffix("x…") && reason.count < 520)
  }

  @Test func deepNestingIsRefusedAndNotFollowed() {
    let deep = String(repeating: "[", count: 60_000)
    #expect(problem(deep) != nil)
  }
}
