import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct ExternalBookTests {
  private let artifact = PolicyFixtures.artifact()
  private let noon = PolicyFixtures.noon

  private func facts(_ port: UInt16 = 50_000, at time: Duration = .zero) -> PeerFacts {
    var facts = PolicyFixtures.peer(artifact: artifact, now: noon.after(time))
    facts.address = PeerAddress(ip: facts.address.ip, port: port)
    return facts
  }

  private func answer(_ answer: Verdict.Answer = .allow, for time: Duration = .seconds(100), reason: String = "said") throws
    -> ExternalAnswer
  {
    let json = #"{"verdict":"\#(answer.rawValue)","reason":"\#(reason)"}"#
    let reply = try ExternalIncoming.read(ExternalIncoming.Reply.self, from: Array(json.utf8))
    return try ExternalAnswer(reply, guards: ExternalOptions.known, artifact: artifact, now: noon, validFor: time)
  }

  private func keep(_ book: ExternalBook, _ answer: ExternalAnswer, _ facts: PeerFacts, _ generation: UInt64) {
    book.keep(answer, about: facts, generation: generation, lead: .seconds(10), now: facts.now)
  }

  private func verdict(_ book: ExternalBook, _ facts: PeerFacts) -> Verdict? {
    guard case .verdict(let verdict) = book.verdict(on: .request, facts, grace: .seconds(12)) else { return nil }
    return verdict
  }

  @Test func anAnswerIsForItsConnectionAlone() throws {
    let book = ExternalBook()
    let generation = book.begin(noon)
    keep(book, try answer(), facts(), generation)
    #expect(verdict(book, facts())?.reason == "said")
    #expect(verdict(book, facts(50_001)) == nil)
    var other = facts()
    other.identities = [Identity(trust: "fleet", name: "dns:a")]
    #expect(verdict(book, other) == nil)
    other = facts()
    other.direction = .outbound
    #expect(verdict(book, other) == nil)
  }

  @Test func anAnswerThatIsOverIsNone() throws {
    let book = ExternalBook()
    keep(book, try answer(), facts(), book.begin(noon))
    #expect(verdict(book, facts(at: .seconds(99)))?.validUntil == noon.after(.seconds(100)))
    #expect(
      book.verdict(on: .request, facts(at: .seconds(100)), grace: .zero)
        == .nothing("the program's answer is over, and it has not given another"))
  }

  @Test func aLiveConnectionsAnswerIsRenewedBeforeItsEnd() throws {
    let book = ExternalBook()
    let generation = book.begin(noon)
    keep(book, try answer(), facts(), generation)
    #expect(book.due(noon.after(.seconds(59))).isEmpty, "nobody lives by it")
    book.retain(facts())
    #expect(book.due(noon.after(.seconds(89))).isEmpty)
    #expect(book.due(noon.after(.seconds(90))).count == 1)
    #expect(book.due(noon.after(.seconds(90))).isEmpty, "it is in hand")
    book.postpone(facts())
    #expect(book.due(noon.after(.seconds(91))).count == 1)
    keep(book, try answer(.deny, reason: "no more"), facts(at: .seconds(95)), generation)
    #expect(verdict(book, facts(at: .seconds(95)))?.isAllowed == false)
  }

  @Test func aFormerGenerationsAnswerHoldsForAMomentAndIsAskedForAgain() throws {
    let book = ExternalBook()
    keep(book, try answer(), facts(), book.begin(noon))
    book.retain(facts())
    let second = book.begin(noon.after(.seconds(20)))
    let provisional = try #require(verdict(book, facts(at: .seconds(21))))
    #expect(provisional.isAllowed && provisional.validUntil == noon.after(.seconds(22)))
    #expect(book.due(noon.after(.seconds(21))).count == 1)
    #expect(verdict(book, facts(at: .milliseconds(31_500)))?.validUntil == noon.after(.seconds(32)))
    #expect(verdict(book, facts(at: .seconds(32))) == nil)
    keep(book, try answer(.deny), facts(at: .seconds(22)), second)
    #expect(verdict(book, facts(at: .seconds(32)))?.isAllowed == false)
    keep(book, try answer(), facts(at: .seconds(23)), second - 1)
    #expect(verdict(book, facts(at: .seconds(32)))?.isAllowed == false, "a former generation's word comes too late")
  }

  @Test func whatNobodyLivesByGoesAfterAMinute() throws {
    let book = ExternalBook()
    let generation = book.begin(noon)
    for port in 1...3 { keep(book, try answer(), facts(UInt16(port)), generation) }
    book.retain(facts(1))
    book.retain(facts(2))
    book.release(facts(2), now: noon.after(.seconds(30)))
    _ = book.due(noon.after(.seconds(60)))
    #expect(book.count == 2)
    _ = book.due(noon.after(.seconds(90)))
    #expect(book.count == 1)
  }

  @Test func whatNobodyLivesByIsBounded() throws {
    let book = ExternalBook(mostUnused: 10)
    let generation = book.begin(noon)
    let answer = try answer()
    for port in 1...5 {
      keep(book, answer, facts(UInt16(port)), generation)
      book.retain(facts(UInt16(port)))
    }
    for port in 100...1000 { keep(book, answer, facts(UInt16(port)), generation) }
    #expect(book.count <= 5 + 20 + 1)
    #expect((1...5).allSatisfy { verdict(book, facts(UInt16($0))) != nil })
  }
}
