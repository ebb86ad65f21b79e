import Testing

@testable import Catalogue

@Suite struct MirrorPlannerTests {
  private static let versions = ["app-1.8", "app-1.9", "app-1.10", "app-1.11", "base-3", "notes"].map { Made.entry($0) }

  private func source(
    _ rules: [MirrorRule], _ standing: MirrorSource.Standing = .followed(Made.document(versions)), url: String = Made.url
  ) -> MirrorSource { MirrorSource(url: url, rules: rules, standing: standing) }

  private func rule(_ take: String = "app-*", keep: Int? = 3, pin: [String] = [], grace: Int64 = 100) -> MirrorRule {
    MirrorRule(take: [NamePattern(take)], keep: keep, pin: pin.map(NamePattern.init), grace: grace)
  }

  private func plan(_ sources: [MirrorSource], _ held: [HeldArtifact] = [], now: Int64 = Made.noon) -> MirrorPlan {
    MirrorPlanner.plan(sources, held: held, now: now)
  }

  @Test func `the newest versions are fetched, the newest first`() {
    let fetches = plan([source([rule()])]).fetches
    #expect(fetches.map(\.entry.name) == ["app-1.11", "app-1.10", "app-1.9"])
    #expect(fetches.map(\.rank) == [0, 1, 2])
    #expect(fetches[0].reason == "the newest version of app-*" && fetches[1].reason == "number 2 of the 3 newest versions of app-*")
    #expect(plan([source([rule("*", keep: 1)])]).fetches.map(\.entry.name).sorted() == ["app-1.11", "base-3", "notes"])
    #expect(plan([source([rule(keep: nil)])]).fetches.count == 4)
    #expect(plan([source([])]).fetches.isEmpty)
    #expect(plan([source([rule(keep: 0)])]).fetches.isEmpty)
  }

  @Test func `what is here is not fetched, and what is on its way is here`() {
    let held = [Made.held("app-1.11"), Made.held("app-1.10", isComplete: false), Made.held("app-1.9", origin: nil)]
    let plan = plan([source([rule()])], held)
    #expect(plan.fetches.isEmpty && plan.retirements.isEmpty)
    #expect(plan.kept.map(\.isProtected) == [false, false, true])
    #expect(plan.kept.map(\.rank) == [0, 1, 2])
  }

  @Test func `labels choose`() {
    let stable = Made.entry("app-1", labels: ["channel": "stable", "x": "y"])
    let document = Made.document([stable, Made.entry("app-2", labels: ["channel": "beta"])])
    var rule = rule()
    rule.labels = ["channel": "stable"]
    #expect(plan([source([rule], .followed(document))]).fetches.map(\.entry.name) == ["app-1"])
  }

  @Test func `what is old goes after the grace time`() {
    let held = ["app-1.8", "app-1.9", "app-1.10", "app-1.11"].map { Made.held($0) }
    let first = plan([source([rule()])], held)
    #expect(first.retirements.map(\.artifact.name) == ["app-1.8"])
    #expect(first.retirements.first?.due == Made.noon + 100)
    #expect(first.retirements.first?.reason == "there are 3 newer versions of app-*")
    let later = plan([source([rule()])], [Made.held("app-1.8", unwanted: Made.noon - 60)] + held.dropFirst())
    #expect(later.retirements.first?.since == Made.noon - 60 && later.retirements.first?.due == Made.noon + 40)
  }

  @Test func `the old stays until the new is whole`() {
    let held = ["app-1.8", "app-1.9", "app-1.10"].map { Made.held($0) }
    #expect(plan([source([rule()])], held).kept.first?.reason == "until app-1.11 is here")
    let partly = plan([source([rule()])], held + [Made.held("app-1.11", isComplete: false)])
    #expect(partly.retirements.isEmpty)
  }

  @Test func `what leaves the catalogue goes, and so does what something else supersedes`() {
    let document = Made.document([Made.entry("app-1.11", supersededBy: "suite-1"), Made.entry("suite-1"), Made.entry("base-3")])
    let held = [Made.held("app-1.11"), Made.held("app-1.7"), Made.held("suite-1"), Made.held("base-3")]
    let plan = plan([source([rule("*")], .followed(document))], held)
    #expect(plan.retirements.map(\.reason) == ["superseded by suite-1", "the catalogue does not list it any more"])
    let circle = Made.document([Made.entry("a-1", supersededBy: "b-1"), Made.entry("b-1", supersededBy: "a-1")])
    #expect(self.plan([source([rule("*")], .followed(circle))]).fetches.count == 2)
  }

  @Test func `what cannot be relied on retires nothing and fetches nothing`() {
    let held = ["app-1.7", "app-1.8"].map { Made.held($0, unwanted: 0) }
    let standings: [MirrorSource.Standing] = [
      .failing(Made.document(Self.versions), reason: "rolled back"), .failing(nil, reason: "unreachable"),
      .paused(Made.document(Self.versions)),
      .followed(Made.document([])),
    ]
    for standing in standings {
      let plan = plan([source([rule(keep: 1)], standing)], held)
      #expect(plan.retirements.isEmpty && plan.fetches.isEmpty && plan.kept.allSatisfy { $0.isProtected })
    }
    #expect(plan([], held).kept.map(\.reason) == ["its catalogue is not followed any more", "its catalogue is not followed any more"])
  }

  @Test func `a pin holds whatever is said`() {
    let held = ["app-1.8", "app-1.7", "app-1.9", "app-1.10", "app-1.11"].map { Made.held($0, unwanted: 0) }
    let plan = plan([source([rule(keep: 1, pin: ["app-1.8", "app-1.7"])])], held)
    #expect(plan.retirements.map(\.artifact.name) == ["app-1.9", "app-1.10"])
    #expect(plan.kept.filter(\.isProtected).map(\.artifact.name) == ["app-1.8", "app-1.7"])
    #expect(self.plan([source([rule(keep: 1, pin: ["app-1.8"])])]).fetches.map(\.entry.name) == ["app-1.11", "app-1.8"])
  }

  @Test func `what one catalogue drops another may want`() {
    let other = source([rule()], .followed(Made.document([Made.entry("app-1.8")])), url: "http://lab.corp/catalogue")
    let plan = plan([source([rule(keep: 1)]), other], [Made.held("app-1.8"), Made.held("app-1.11")])
    #expect(plan.retirements.isEmpty && plan.fetches.isEmpty)
    let failing = source([rule()], .failing(Made.document([Made.entry("app-1.8")]), reason: "down"), url: "http://lab.corp/catalogue")
    #expect(self.plan([source([rule(keep: 1)]), failing], [Made.held("app-1.8"), Made.held("app-1.11")]).retirements.isEmpty)
  }

  @Test func `several rules of one catalogue add up`() {
    let plan = plan([source([rule("app-*", keep: 1), rule("app-1.9", keep: nil), rule("base-*")])])
    #expect(plan.fetches.map(\.entry.name).sorted() == ["app-1.11", "app-1.9", "base-3"])
  }
}
