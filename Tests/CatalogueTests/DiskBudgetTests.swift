import Testing

@testable import Catalogue

@Suite struct DiskBudgetTests {
  private let budget = DiskBudget(most: 1000, high: 95, low: 90, keep: 1)

  private func keep(_ name: String, _ size: Int64, rank: Int?, served: Int64? = nil, isProtected: Bool = false) -> MirrorPlan.Keep {
    MirrorPlan.Keep(artifact: Made.held(name, size: size, lastServed: served), rank: rank, isProtected: isProtected, reason: "")
  }

  private func fetch(_ name: String, _ size: Int64, rank: Int = 0) -> MirrorPlan.Fetch {
    MirrorPlan.Fetch(entry: Made.entry(name, size: size), catalogue: Made.url, rank: rank, isPinned: false, reason: "")
  }

  private func plan(
    _ kept: [MirrorPlan.Keep], _ fetches: [MirrorPlan.Fetch] = [], retired: [MirrorPlan.Retirement] = [], budget: DiskBudget? = nil
  ) -> DiskPlan {
    var mirror = MirrorPlan()
    (mirror.kept, mirror.fetches, mirror.retirements) = (kept, fetches, retired)
    return (budget ?? self.budget).plan(mirror)
  }

  private func retired(_ name: String, _ size: Int64, since: Int64) -> MirrorPlan.Retirement {
    MirrorPlan.Retirement(artifact: Made.held(name, size: size), since: since, due: .max, reason: "")
  }

  @Test func `below the high mark nothing goes`() {
    let plan = plan([keep("a", 500, rank: 5), keep("b", 450, rank: nil)])
    #expect(plan.evictions.isEmpty && plan.used == 950)
  }

  @Test func `past it artifacts go down to the low mark, those of least worth first`() {
    let plan = plan([
      keep("new", 300, rank: 0), keep("second", 200, rank: 1, served: 9), keep("third", 150, rank: 2), keep("stray", 151, rank: nil),
      keep("own", 150, rank: nil, isProtected: true),
    ])
    #expect(plan.evictions.map(\.artifact.name) == ["stray"])
    #expect(plan.evictions[0].reason == "951 bytes are used, more than 95 % of 1000 bytes; no rule wants it any more")
    let further = self.plan([
      keep("new", 500, rank: 0), keep("old", 10, rank: 2, served: 7), keep("older", 10, rank: 3), keep("idle", 10, rank: 2),
      keep("own", 480, rank: nil, isProtected: true),
    ])
    #expect(further.evictions.map(\.artifact.name) == ["older", "idle", "old"])
    #expect(further.used == 980)
  }

  @Test func `nothing that is protected goes, nor the newest`() {
    let plan = plan([keep("own", 800, rank: nil, isProtected: true), keep("new", 400, rank: 0)])
    #expect(plan.evictions.isEmpty && plan.used == 1200)
  }

  @Test func `a fetch that fits begins, and one that does not is refused with a reason`() {
    let plan = plan([keep("own", 700, rank: nil, isProtected: true)], [fetch("a", 250), fetch("b", 1), fetch("huge", 951)])
    #expect(plan.admitted.map(\.entry.name) == ["a"])
    #expect(
      plan.refused.map(\.reason) == [
        "950 bytes of 1000 bytes are used: 1 bytes do not fit, and nothing of less worth can go", "larger than all that disk.max allows",
      ])
  }

  @Test func `room is made of what is worth less, and of nothing else`() {
    let held = [keep("new", 300, rank: 0), keep("second", 300, rank: 1), keep("third", 300, rank: 2)]
    let newest = plan(held, [fetch("newest", 200, rank: 0)])
    #expect(newest.evictions.map(\.artifact.name) == ["third"] && newest.admitted.count == 1 && newest.used == 800)
    let fourth = plan(held, [fetch("fourth", 200, rank: 3)])
    #expect(fourth.evictions.isEmpty && fourth.admitted.isEmpty)
    let second = plan(held, [fetch("another", 500, rank: 1)])
    #expect(second.evictions.isEmpty && second.refused.count == 1)
  }

  @Test func `what is retired goes first, the longest unwanted before`() {
    let plan = plan(
      [keep("third", 300, rank: 2)], [fetch("new", 300)],
      retired: [retired("late", 300, since: 20), retired("early", 300, since: 10)])
    #expect(plan.evictions.map(\.artifact.name) == ["early"])
    #expect(plan.evictions[0].reason == "new needs room; no rule wants it any more")
  }

  @Test func `no sizes overflow`() {
    let plan = plan(
      [keep("a", .max, rank: nil, isProtected: true), keep("b", .max, rank: nil, isProtected: true)], [fetch("c", .max)],
      budget: DiskBudget(most: .max))
    #expect(plan.refused.count == 1 && plan.used == .max)
    #expect(DiskBudget(most: .max, high: 100).ceiling == .max && DiskBudget(most: -5, high: 300, low: 200).ceiling == 0)
  }
}
