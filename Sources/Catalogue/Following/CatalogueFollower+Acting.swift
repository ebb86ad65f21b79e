internal import HTTPClient
internal import Metainfo
internal import PluginKit

extension CatalogueFollower {
  /// Plans, and has the plan carried out: what is due goes, what is over the budget goes, what fits is fetched.
  func carryOut() async {
    let held: [HeldArtifact]
    do {
      held = try await known()
    } catch {
      return news.hindered("what is here cannot be said: \(error)")
    }
    let plan = MirrorPlanner.plan(followed.map { source($0) }, held: held, now: now().seconds)
    let mine = plan.retirements.filter { $0.due <= now().seconds }
    await withhold(plan)
    guard await remember(plan) else { return }
    var gone: Set<InfoHash> = []
    for retirement in mine {
      guard await retire(retirement.artifact, retirement.reason, verdict: "retire") else { continue }
      gone.insert(retirement.artifact.infoHash)
    }
    var rest = plan
    rest.retirements.removeAll { gone.contains($0.artifact.infoHash) }
    await retry(rest, held)
    await fetch(await withinBudget(rest))
  }

  /// What is wanted and has failed is tried again from time to time: what was in its way may be gone.
  private func retry(_ plan: MirrorPlan, _ held: [HeldArtifact]) async {
    let paused = Set(followed.filter(\.mirror.isPaused).map(\.mirror.url.description))
    let failed = plan.kept.filter { keep in
      guard let origin = keep.artifact.origin, !paused.contains(origin.catalogue) else { return false }
      return keep.artifact.isFailed && keep.rank != nil && !keep.isWithheld
    }.map(\.artifact)
    for artifact in retries.due(failed, held: held, now: now().seconds) {
      do {
        try await actions.retry(artifact.infoHash)
        news.retried(artifact)
      } catch {
        news.failed(artifact.name, artifact.infoHash, "it cannot be fetched: \(error)")
      }
    }
  }

  /// What is here, with where it came from. What was asked for and has gone by another way is forgotten.
  private func known() async throws -> [HeldArtifact] {
    let held = try await actions.held()
    let mirrored = try await store.mirrored()
    let origins = Dictionary(mirrored.flatMap { one in one.infoHash.allBytes.map { ($0, one.origin) } }) { first, _ in first }
    let here = Set(held.flatMap(\.infoHash.allBytes))
    let lost = mirrored.filter { one in !one.infoHash.allBytes.contains { here.contains($0) } }
    if !lost.isEmpty { try await store.forget(lost.map(\.infoHash)) }
    return held.map { artifact in
      var artifact = artifact
      artifact.origin = artifact.infoHash.allBytes.compactMap { origins[$0] }.first
      return artifact
    }
  }

  func source(_ one: Followed) -> MirrorSource {
    let standing: MirrorSource.Standing
    if one.mirror.isPaused {
      standing = .paused(one.document)
    } else if one.isUntrusted {
      standing = .untrusted(reason: one.problem ?? "it is not signed by a key that is trusted")
    } else if let problem = one.problem {
      standing = .failing(one.document, reason: problem)
    } else {
      standing = one.document.map { .followed($0) } ?? .failing(nil, reason: "nothing was accepted yet")
    }
    return MirrorSource(url: one.mirror.url.description, rules: one.mirror.rules, standing: standing)
  }

  /// Since when what goes is not wanted; false where that cannot be kept, and then nothing goes.
  private func remember(_ plan: MirrorPlan) async -> Bool {
    var changed: [MirroredArtifact] = []
    for retirement in plan.retirements {
      guard let origin = retirement.artifact.origin, origin.unwantedSince != retirement.since else { continue }
      changed.append(MirroredArtifact(retirement.artifact, catalogue: origin.catalogue, unwantedSince: retirement.since))
      news.unwanted(retirement)
    }
    for keep in plan.kept {
      // What cannot be judged now was unwanted before and may be so after: its time goes on.
      guard let origin = keep.artifact.origin, origin.unwantedSince != nil, keep.rank != nil else { continue }
      changed.append(MirroredArtifact(keep.artifact, catalogue: origin.catalogue, unwantedSince: nil))
    }
    guard !changed.isEmpty else { return true }
    do {
      try await store.put(changed)
      return true
    } catch {
      news.hindered("what is not wanted any more cannot be remembered: \(error)")
      return false
    }
  }

  /// What no catalogue vouches for any more is out of service, until one does.
  private func withhold(_ plan: MirrorPlan) async {
    for keep in plan.kept where keep.artifact.origin != nil && keep.isWithheld != keep.artifact.isWithheld {
      let artifact = keep.artifact
      do {
        if keep.isWithheld {
          try await actions.withhold(artifact.infoHash, reason: keep.reason)
        } else {
          try await actions.release(artifact.infoHash)
        }
        news.gone(artifact, keep.reason, verdict: keep.isWithheld ? "withhold" : "release")
      } catch {
        news.failed(artifact.name, artifact.infoHash, "it cannot be \(keep.isWithheld ? "withheld" : "put back"): \(error)")
      }
    }
  }

  private func retire(_ artifact: HeldArtifact, _ reason: String, verdict: String) async -> Bool {
    do {
      try await actions.retire(artifact.infoHash, reason: reason)
      try await store.forget([artifact.infoHash])
      news.gone(artifact, reason, verdict: verdict)
      return true
    } catch {
      news.failed(artifact.name, artifact.infoHash, "it cannot be retired: \(error)")
      return false
    }
  }

  /// The fetches that may begin. Where there is a budget, what it says goes is gone by then.
  private func withinBudget(_ plan: MirrorPlan) async -> [MirrorPlan.Fetch] {
    guard let budget else { return plan.fetches }
    let disk = budget.plan(plan)
    for refusal in disk.refused { news.refused(refusal) }
    for eviction in disk.evictions {
      // Where it stays, what was to be room is none: nothing more begins now.
      guard await retire(eviction.artifact, eviction.reason, verdict: "evict") else { return [] }
    }
    return disk.admitted
  }

  private func fetch(_ fetches: [MirrorPlan.Fetch]) async {
    for fetch in fetches.prefix(Self.mostAtOnce) {
      guard let mirror = followed.first(where: { $0.mirror.url.description == fetch.catalogue })?.mirror,
        let folder = mirror.folder(for: fetch.entry)
      else { continue }
      do {
        let torrent = try await transport.torrent(of: fetch.entry, listedAt: mirror.url)
        // Remembered first: what came by a mirror must not be taken for the operator's own.
        try await store.put([
          MirroredArtifact(infoHash: fetch.entry.infoHash, name: fetch.entry.name, origin: .init(catalogue: fetch.catalogue))
        ])
        try await actions.fetch(WantedArtifact(fetch, torrent: torrent, folder: folder))
        news.begun(fetch, place: mirror.place)
      } catch {
        news.failed(fetch.entry.name, fetch.entry.infoHash, "it cannot be fetched: \(error)")
      }
    }
  }

  /// Fetches that begin with one plan; the next plan has the others.
  private static let mostAtOnce = 50
}

extension MirroredArtifact {
  init(_ artifact: HeldArtifact, catalogue: String, unwantedSince: Int64?) {
    self.init(
      infoHash: artifact.infoHash, name: artifact.name, origin: .init(catalogue: catalogue, unwantedSince: unwantedSince))
  }
}
