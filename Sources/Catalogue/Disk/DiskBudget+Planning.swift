internal import Metainfo

extension DiskBudget {
  /// What goes, and which fetches may begin. Nothing that is pinned goes, nor what was published or added here, nor the `keep` newest versions
  /// of a family that a rule wants.
  package func plan(_ mirror: MirrorPlan) -> DiskPlan {
    var room = Room(self, mirror)
    room.makeRoom()
    for fetch in mirror.fetches { room.admit(fetch) }
    return room.plan
  }
}

/// A budget being spent.
private struct Room {
  /// An artifact that may go.
  private struct Candidate {
    let artifact: HeldArtifact
    /// Nil for what no rule wants.
    let rank: Int?
    let unwantedSince: Int64

    var why: String {
      guard let rank else { return "no rule wants it any more" }
      return "number \(rank + 1) of its family's versions, last served \(artifact.lastServed.map { "at \($0)" } ?? "never")"
    }

    /// The order in which they go: what is not wanted first and of that the longest unwanted, then the oldest versions, then what was served
    /// longest ago, then the largest.
    static func goesFirst(_ one: Candidate, _ other: Candidate) -> Bool {
      if (one.rank == nil) != (other.rank == nil) { return one.rank == nil }
      if let rank = one.rank, let otherRank = other.rank, rank != otherRank { return rank > otherRank }
      if one.unwantedSince != other.unwantedSince { return one.unwantedSince < other.unwantedSince }
      let (served, otherServed) = (one.artifact.lastServed ?? .min, other.artifact.lastServed ?? .min)
      if served != otherServed { return served < otherServed }
      if one.artifact.size != other.artifact.size { return one.artifact.size > other.artifact.size }
      return one.artifact.infoHash.catalogueName.lexicographicallyPrecedes(other.artifact.infoHash.catalogueName)
    }
  }

  private let budget: DiskBudget
  private var candidates: ArraySlice<Candidate>
  private(set) var plan = DiskPlan()

  init(_ budget: DiskBudget, _ mirror: MirrorPlan) {
    self.budget = budget
    let kept = mirror.kept.filter { !$0.isProtected && ($0.rank ?? .max) >= budget.keep }.map {
      Candidate(artifact: $0.artifact, rank: $0.rank, unwantedSince: .max)
    }
    let retired = mirror.retirements.map { Candidate(artifact: $0.artifact, rank: nil, unwantedSince: $0.since) }
    candidates = (kept + retired).sorted(by: Candidate.goesFirst)[...]
    plan.used = (mirror.kept.map(\.artifact.size) + mirror.retirements.map(\.artifact.size)).reduce(0, saturating)
  }

  /// Past the high mark, down to the low one.
  mutating func makeRoom() {
    guard plan.used > budget.ceiling else { return }
    let used = plan.used
    while plan.used > budget.floor, let candidate = candidates.popFirst() {
      evict(candidate, "\(bytes(used)) are used, more than \(budget.high) % of \(bytes(budget.most))")
    }
  }

  mutating func admit(_ fetch: MirrorPlan.Fetch) {
    let size = fetch.entry.size
    guard size <= budget.ceiling else { return refuse(fetch, "larger than all that disk.max allows") }
    if saturating(plan.used, size) > budget.ceiling, !makeRoom(for: fetch) {
      return refuse(
        fetch, "\(bytes(plan.used)) of \(bytes(budget.most)) are used: \(bytes(size)) do not fit, and nothing of less worth can go")
    }
    plan.used = saturating(plan.used, size)
    plan.admitted.append(fetch)
  }

  /// Takes what goes first, as far as it is worth less. False, and nothing goes, where that is not enough.
  private mutating func makeRoom(for fetch: MirrorPlan.Fetch) -> Bool {
    var used = plan.used
    var going = 0
    for candidate in candidates {
      guard saturating(used, fetch.entry.size) > budget.floor, candidate.rank.map({ $0 > fetch.rank }) ?? true else { break }
      used -= candidate.artifact.size
      going += 1
    }
    guard saturating(used, fetch.entry.size) <= budget.ceiling else { return false }
    for _ in 0..<going {
      if let candidate = candidates.popFirst() { evict(candidate, "\(fetch.entry.name) needs room") }
    }
    return true
  }

  private mutating func evict(_ candidate: Candidate, _ occasion: String) {
    plan.used -= candidate.artifact.size
    plan.evictions.append(DiskPlan.Eviction(artifact: candidate.artifact, reason: "\(occasion); \(candidate.why)"))
  }

  private mutating func refuse(_ fetch: MirrorPlan.Fetch, _ reason: String) {
    plan.refused.append(DiskPlan.Refusal(fetch: fetch, reason: reason))
  }

  private func bytes(_ count: Int64) -> String { "\(count) bytes" }
}

private func saturating(_ one: Int64, _ other: Int64) -> Int64 {
  let (sum, overflow) = one.addingReportingOverflow(other)
  return overflow ? .max : sum
}
