package import HTTPClient
package import PluginKit

/// A catalogue that is followed, with the rules for what is taken of it.
package struct FollowedMirror: Sendable {
  package let url: HTTPURL
  package let trust: CatalogueTrust
  package let rules: [MirrorRule]
  /// The folder that what each rule takes comes to lie in, by the rules' order.
  package let folders: [String]
  package let timing: PollTiming
  package let isPaused: Bool
  /// `FILE:LINE:COLUMN` of the first rule.
  package let place: String?

  /// As many folders as rules, and at least one of each.
  package init(
    url: HTTPURL, trust: CatalogueTrust, rules: [MirrorRule], folders: [String], timing: PollTiming, isPaused: Bool = false, place: String?
  ) {
    (self.url, self.trust, self.rules, self.folders) = (url, trust, rules, folders)
    (self.timing, self.isPaused, self.place) = (timing, isPaused, place)
  }

  /// The folder for an entry: of the first rule that takes or pins it.
  func folder(for entry: CatalogueEntry) -> String? {
    zip(rules, folders).first { $0.0.takes(entry) }?.1 ?? folders.first
  }
}

/// Follows catalogues: asks for them, judges what comes, plans, and has the plan carried out. One thing after the other.
package actor CatalogueFollower {
  /// How a catalogue stands.
  package struct Status: Sendable, Hashable {
    package let url: HTTPURL
    package let serial: Int64?
    package let date: Int64?
    /// Why it is not followed now; nil where it is.
    package let problem: String?
    package let failures: Int
  }

  struct Followed {
    var mirror: FollowedMirror
    var document: CatalogueDocument?
    var stored: FollowedCatalogue?
    /// Nil where what was accepted may be relied on.
    var problem: String? = "it has not been asked for yet"
    var failures = 0
    /// What was accepted before is not signed by a key that is trusted now.
    var isUntrusted = false
    var isLoaded = false
    /// Its server has answered since it is followed, with what could be accepted.
    var isCurrent = false
  }

  var followed: [Followed]
  var budget: DiskBudget?
  var retries = FetchRetries()
  let store: any MirrorStore
  let actions: any ReplicaActions
  let transport: any CatalogueTransport
  let news: MirrorNews
  let now: @Sendable () -> WallTime

  package init(
    _ mirrors: [FollowedMirror], budget: DiskBudget?, store: any MirrorStore, actions: any ReplicaActions,
    transport: any CatalogueTransport, journal: any Journal, now: @escaping @Sendable () -> WallTime = { .now }
  ) {
    followed = mirrors.map { Followed(mirror: $0) }
    (self.budget, self.store, self.actions, self.transport, self.now) = (budget, store, actions, transport, now)
    news = MirrorNews(journal: journal, now: now)
  }

  package var status: [Status] {
    followed.map {
      Status(
        url: $0.mirror.url, serial: $0.stored?.last.serial, date: $0.stored?.last.date,
        problem: $0.mirror.isPaused ? "paused" : $0.problem, failures: $0.failures)
    }
  }

  /// Whether every catalogue that is followed was had in this life, and all that is wanted of them and fits on the disk is whole. Throws where
  /// that cannot be said now.
  package func isComplete() async throws -> Bool {
    let held = try await actions.held()
    guard followed.allSatisfy({ $0.mirror.isPaused || ($0.isCurrent && $0.problem == nil && $0.document != nil) }) else { return false }
    let plan = MirrorPlanner.plan(followed.map { source($0) }, held: held, now: now().seconds)
    let fetches = budget?.plan(plan).admitted ?? plan.fetches
    return fetches.isEmpty && plan.kept.allSatisfy { $0.rank == nil || $0.artifact.isComplete }
  }

  /// The URLs that are followed, in their order.
  package var urls: [HTTPURL] { followed.map(\.mirror.url) }

  /// Other mirrors from now on; what is known of those that stay is kept, but judged again.
  package func replace(_ mirrors: [FollowedMirror], budget: DiskBudget?) {
    self.budget = budget
    followed = mirrors.map { mirror in
      guard var known = followed.first(where: { $0.mirror.url == mirror.url }) else { return Followed(mirror: mirror) }
      (known.mirror, known.isLoaded, known.document, known.isUntrusted) = (mirror, false, nil, false)
      known.isCurrent = false
      return known
    }
  }

  /// Asks for a catalogue once, and carries out what follows. Gives the wait until it should be asked for again; nil where nobody follows it
  /// any more.
  package func poll(_ url: HTTPURL, luck: Double = .random(in: 0..<1)) async -> Duration? {
    await load()
    guard let index = index(of: url) else { return nil }
    if !followed[index].mirror.isPaused { await ask(url) }
    await carryOut()
    guard let after = self.index(of: url) else { return nil }
    return followed[after].mirror.timing.wait(afterFailures: followed[after].failures, luck: luck)
  }

  func index(of url: HTTPURL) -> Int? { followed.firstIndex { $0.mirror.url == url } }
}
