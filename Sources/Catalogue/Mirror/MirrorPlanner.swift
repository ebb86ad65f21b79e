internal import Metainfo

/// Says what a replica fetches, keeps and retires. It is a function of the rules, what was accepted of the catalogues, what is here, and the
/// time.
///
/// What cannot be relied on takes nothing away: a catalogue that is unreachable, forged, rolled back, too old or empty retires nothing, and
/// neither does one that is followed no longer. An old version stays until what takes its place is whole.
package struct MirrorPlanner {
  private let sources: [MirrorSource]
  private let wants: MirrorWants
  private let held: [HeldArtifact]
  private let now: Int64

  /// `now`: seconds since 1970.
  package static func plan(_ sources: [MirrorSource], held: [HeldArtifact], now: Int64) -> MirrorPlan {
    MirrorPlanner(sources: sources, wants: MirrorWants(sources), held: held, now: now).plan
  }

  private var plan: MirrorPlan {
    var plan = MirrorPlan()
    plan.fetches = fetches
    for artifact in held {
      guard let origin = artifact.origin else {
        let rank = wants.want(artifact.infoHash)?.rank
        plan.kept.append(.init(artifact: artifact, rank: rank, isProtected: true, reason: "published or added here"))
        continue
      }
      switch judge(artifact, origin) {
      case .success(let keep): plan.kept.append(keep)
      case .failure(let retirement): plan.retirements.append(retirement.value)
      }
    }
    return plan
  }

  private var fetches: [MirrorPlan.Fetch] {
    let here = Set(held.flatMap(\.infoHash.allBytes))
    let missing = wants.wants.filter { want in
      want.source.hindrance == nil && !want.entry.infoHash.allBytes.contains { here.contains($0) }
    }
    return missing.map {
      MirrorPlan.Fetch(entry: $0.entry, catalogue: $0.source.url, rank: $0.rank, isPinned: $0.isPinned, reason: $0.reason)
    }.sorted { one, other in
      if one.rank != other.rank { return one.rank < other.rank }
      if one.entry.published != other.entry.published { return one.entry.published > other.entry.published }
      return one.entry.infoHash.catalogueName.lexicographicallyPrecedes(other.entry.infoHash.catalogueName)
    }
  }

  private struct Retired: Error { let value: MirrorPlan.Retirement }

  private func judge(_ artifact: HeldArtifact, _ origin: HeldArtifact.Origin) -> Result<MirrorPlan.Keep, Retired> {
    func keep(_ reason: String, rank: Int? = nil, isProtected: Bool = false) -> Result<MirrorPlan.Keep, Retired> {
      .success(MirrorPlan.Keep(artifact: artifact, rank: rank, isProtected: isProtected, reason: reason))
    }
    if let source = sources.first(where: { $0.url == origin.catalogue }), source.isUntrusted,
      !sources.contains(where: { $0.document?.entry(artifact.infoHash) != nil })
    {
      let reason = source.hindrance ?? ""
      return .success(MirrorPlan.Keep(artifact: artifact, rank: nil, isProtected: true, isWithheld: true, reason: reason))
    }
    let isPinned = sources.contains { $0.rules.contains { $0.pins(artifact.name) } }
    if let want = wants.want(artifact.infoHash) {
      return keep(want.reason, rank: want.rank, isProtected: isPinned || want.isPinned)
    }
    if isPinned { return keep("pinned", isProtected: true) }
    guard let source = sources.first(where: { $0.url == origin.catalogue }) else { return keep("its catalogue is not followed any more") }
    if let hindrance = source.hindrance { return keep(hindrance, isProtected: true) }
    let entry = source.document?.entry(artifact.infoHash)
    if let awaited = awaited(in: (entry?.family ?? ArtifactFamily(name: artifact.name, version: nil)), of: source) {
      return keep("until \(awaited) is here")
    }
    let since = origin.unwantedSince ?? now
    let (due, overflow) = since.addingReportingOverflow(grace(of: artifact, entry, in: source))
    return .failure(
      Retired(
        value: MirrorPlan.Retirement(artifact: artifact, since: since, due: overflow ? .max : due, reason: reason(entry, in: source))))
  }

  /// Something of the family that is wanted and not whole yet.
  private func awaited(in family: ArtifactFamily, of source: MirrorSource) -> String? {
    wants.wants(of: family, source).first { want in
      !held.contains { $0.isComplete && $0.infoHash.shares(want.entry.infoHash) }
    }?.entry.name
  }

  /// That of the rules that have taken it; where none would any more, the longest.
  private func grace(of artifact: HeldArtifact, _ entry: CatalogueEntry?, in source: MirrorSource) -> Int64 {
    let taking = source.rules.filter { rule in
      entry.map { rule.takes($0) } ?? rule.take.contains { $0.matches(artifact.name) }
    }
    return (taking.isEmpty ? source.rules : taking).map(\.grace).max() ?? 0
  }

  private func reason(_ entry: CatalogueEntry?, in source: MirrorSource) -> String {
    guard let document = source.document, let entry else { return "the catalogue does not list it any more" }
    guard source.rules.contains(where: { $0.takes(entry) }) else { return "no rule takes it any more" }
    if let hash = entry.supersededBy, let successor = document.entries.first(where: { $0.infoHash.allBytes.contains(hash) }),
      successor.family.name != entry.family.name
    {
      return "superseded by \(successor.name)"
    }
    let newer = document.entries.count { $0.family.name == entry.family.name && MirrorWants.isNewer($0, entry) }
    return "there are \(newer) newer versions of \(entry.family)"
  }
}
