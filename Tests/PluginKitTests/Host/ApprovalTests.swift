import PluginKit
import TestSupport
import Testing

/// Approvals in the place of rules that are not there, and of nothing else.
struct ApprovalTests {
  /// One approval of an identity, for some operations.
  private struct One: Approvals {
    let identity: Identity
    let operations: Set<Operation>
    var until = WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + 60_000_000_000)

    func approval(of operation: Operation, for facts: PeerFacts) -> Approval? {
      guard operations.contains(operation), facts.identities.contains(identity), facts.now < until else { return nil }
      return Approval(id: "0123456789ab", by: "uid 0", reason: "a drill", until: until)
    }
  }

  private let edge = Identity(trust: "fleet", name: "dns:edge-7")

  private func guarding(_ verdict: Verdict, for operations: Set<Operation> = [.connect], admits: Bool = false) -> RecordingPlugin {
    var script = RecordingScript()
    (script.guards, script.judge) = (operations, { _, _ in verdict })
    if admits { script.admit = { _ in verdict } }
    return RecordingPlugin(script: script)
  }

  private func pipeline(approving operations: Set<Operation> = [.connect], mode: PluginMode = .enforce, _ plugins: any Plugin...) throws
    -> Pipeline
  {
    try Pipeline(
      plugins: plugins.enumerated().map {
        InstalledPlugin(name: "plugin-\($0)", plugin: $1, place: "test.yaml:\($0 + 1):3", mode: $0 == 0 ? mode : .enforce)
      }, generation: 4, approvals: One(identity: edge, operations: operations))
  }

  private func facts(_ identities: Identity...) -> PeerFacts {
    var facts = PolicyFixtures.peer(artifact: PolicyFixtures.artifact())
    facts.identities = identities
    return facts
  }

  @Test func anUnmatchedDenialOfWhoIsApprovedIsAnAllowanceThatSaysSo() throws {
    let pipeline = try pipeline(guarding(.unmatched("no rule is about it")))
    let decision = pipeline.decide(.connect, facts(edge))
    let verdict = try #require(decision.approval?.verdict)
    #expect(decision.isAllowed && verdict.rule == "approval 0123456789ab" && verdict.place == "test.yaml:1:3")
    #expect(verdict.reason == "a drill (approved by uid 0), although no rule is about it")
    #expect(verdict.validUntil == WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + 60_000_000_000))
    #expect(decision.validUntil == verdict.validUntil)
  }

  @Test func whoIsNotApprovedIsUnmatched() throws {
    let pipeline = try pipeline(guarding(.unmatched("no rule is about it")))
    for facts in [facts(Identity(trust: "other", name: "dns:edge-7")), facts()] {
      let decision = pipeline.decide(.connect, facts)
      #expect(!decision.isAllowed && decision.isUnmatched && decision.approval == nil)
    }
    var late = facts(edge)
    late.now = WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + 60_000_000_000)
    #expect(!pipeline.decide(.connect, late).isAllowed, "it has ended")
  }

  @Test func whatARuleDeniesStaysDenied() throws {
    let pipeline = try pipeline(
      guarding(.unmatched("no rule is about it")), guarding(.deny("revoked", rule: "keys[0]")))
    let decision = pipeline.decide(.connect, facts(edge))
    #expect(!decision.isAllowed && !decision.isUnmatched)
    #expect(decision.refusal?.verdict.rule == "keys[0]", "the guard that the approval stands in for is not named")
    let stranger = pipeline.decide(.connect, facts(Identity(trust: "fleet", name: "dns:x")))
    #expect(!stranger.isUnmatched, "an approval would not let it in")
  }

  @Test func aFaultIsNoMissingRule() throws {
    struct Broken: Error {}
    var script = RecordingScript()
    (script.guards, script.judge) = ([.connect], { _, _ in throw Broken() })
    #expect(!(try pipeline(RecordingPlugin(script: script)).decide(.connect, facts(edge)).isAllowed))
  }

  @Test func anAllowanceIsNeverUnmatched() {
    #expect(!Verdict(.allow, reason: "yes", isUnmatched: true).isUnmatched)
    #expect(Verdict.unmatched("no") != Verdict.deny("no"))
  }

  @Test func eachOperationIsApprovedForItself() throws {
    let pipeline = try pipeline(
      approving: [.connect, .request], guarding(.unmatched("no rule is about it"), for: [.connect, .request, .metadata]))
    let grant = pipeline.grant(facts(edge))
    #expect(grant.scope == .everything && !grant.metadata.isAllowed && grant.metadata.isUnmatched)
    #expect(grant.validUntil == WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + 60_000_000_000))
  }

  @Test func guardsThatWaitAreTheSame() async throws {
    let pipeline = try pipeline(guarding(.unmatched("no rule is about it"), admits: true))
    let decision = await pipeline.admit(facts(edge))
    #expect(decision.isAllowed && !pipeline.isWithdrawn(decision, facts(edge)))
    #expect(pipeline.isWithdrawn(decision, facts()), "it has been taken back meanwhile")
  }

  @Test func guardsInShadowWouldNotHaveRefusedIt() throws {
    let pipeline = try pipeline(mode: .shadow, guarding(.unmatched("no rule is about it")), guarding(.allow("yes")))
    #expect(pipeline.decide(.connect, facts(edge)).shadowRefusals.isEmpty)
    #expect(pipeline.decide(.connect, facts()).shadowRefusals.count == 1)
  }
}
