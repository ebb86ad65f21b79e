import Metainfo
import PluginKit
import TestSupport
import Testing

struct GrantTests {
  private let layout = PolicyFixtures.layout(["a": 24, "b": 24], pieceLength: 16)
  private let all = Bitfield(count: 3, filled: true)

  private func part(file: Int) -> Scope {
    var files = Bitfield(count: 2)
    files[file] = true
    return .part(PartialScope(pieces: all, files: files, layout: layout))
  }

  private func grant(_ verdicts: [Verdict], metadata: [Verdict] = []) -> Grant {
    func decision(_ operation: Operation, _ verdicts: [Verdict]) -> Decision {
      Decision(operation: operation, judgements: verdicts.map { Judgement(plugin: "p", verdict: $0) })
    }
    return Grant(
      metadata: decision(.metadata, metadata), request: decision(.request, verdicts), message: decision(.message, []), generation: 7)
  }

  @Test func nothingIsShownOrGivenWhereOneGuardDenies() {
    let grant = grant([.allow("yes"), .deny("no"), .deny("never")], metadata: [.deny("no")])
    #expect(grant.scope == nil)
    #expect(grant.visible(all).isEmpty)
    #expect(!grant.allows(Block(piece: 0, offset: 0, length: 1), in: layout))
    #expect(grant.isEmpty)
    #expect(grant.request.refusal?.verdict.reason == "no", "the first refusal is the one named")
  }

  @Test func everythingIsShownAndGivenWhereAllGuardsAllow() {
    let grant = grant([.allow("yes"), .allow("yes")])
    #expect(grant.visible(all) == all)
    #expect(grant.allows(Block(piece: 2, offset: 0, length: 16), in: layout))
    #expect(!grant.isEmpty)
  }

  @Test func partShowsWholePiecesAndGivesTheBlocksWithinIt() {
    let grant = grant([.allow("yes"), .allow("a only", scope: part(file: 0))])
    #expect(Array(grant.visible(all).pieces) == [0])
    #expect(grant.allows(Block(piece: 1, offset: 0, length: 8), in: layout))
    #expect(!grant.allows(Block(piece: 1, offset: 0, length: 9), in: layout))
    #expect(!grant.allows(Block(piece: 1, offset: 8, length: 8), in: layout))
    #expect(!grant.allows(Block(piece: 0, offset: 8, length: 16), in: layout), "beyond the piece")
  }

  @Test func piecesThatWeDoNotHaveAreNotShown() {
    var held = all
    held[0] = false
    #expect(grant([.allow("a only", scope: part(file: 0))]).visible(held).isEmpty)
  }

  @Test func partsWithNothingInCommonGrantNothing() {
    let grant = grant([.allow("a", scope: part(file: 0)), .allow("b", scope: part(file: 1))], metadata: [.deny("no")])
    #expect(grant.scope == nil)
    #expect(grant.isEmpty)
  }

  @Test func metadataAloneIsAGrant() {
    #expect(!grant([.deny("no")], metadata: [.allow("yes")]).isEmpty)
  }

  @Test func grantHoldsUntilTheFirstAnswerEnds() {
    let (soon, late) = (WallTime(nanoseconds: 5), WallTime(nanoseconds: 9))
    #expect(grant([.allow("a", validUntil: late), .deny("b", validUntil: soon)]).validUntil == soon)
    #expect(grant([.allow("a", validUntil: late)], metadata: [.allow("m", validUntil: soon)]).validUntil == soon)
    #expect(grant([.allow("a")]).validUntil == nil)
  }
}
