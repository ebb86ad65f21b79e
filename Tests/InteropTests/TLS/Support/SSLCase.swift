/// A row of the matrix: what a seed of an SSL torrent shows, what a libtorrent that wants it shows, and whether data flows.
struct SSLCase: Sendable {
  /// What one side shows.
  enum Shown: Sendable {
    case nothing
    /// A certificate of its own, for the artifact of this name.
    case certificate(@Sendable (_ artifact: String) -> CertificatePlan)
    /// One that there is anyway.
    case existing(String)
    /// A certificate with the key of another.
    case withKeyOfAnother(CertificatePlan.Key)
    /// A certificate whose key is encrypted, and the passphrase that is tried.
    case encrypted(with: String, tried: String)
  }

  /// What stands in the torrent.
  enum Authority: String, Sendable, CaseIterable {
    case ca
    case caThenOther = "ca-then-other"
    case otherThenCA = "other-then-ca"
    case intermediate
  }

  /// What we do other than libtorrent as the seed.
  enum Difference: Sendable {
    case none
    /// The node does not start with what it is to show: exit 78, with the file's name.
    case refusesToStart(String)
    /// We refuse where libtorrent accepts.
    case stricter(String)
  }

  let title: String
  var seed: Shown
  var leecher: Shown
  var authority = Authority.ca
  var kind = "hybrid"
  /// Whether libtorrent without the parameters for a Diffie-Hellman that nobody uses.
  var hasParameters = true
  /// Whether the leecher gets the data where the seed listens, with libtorrent as the seed.
  let listening: Bool
  /// The same where the seed dials.
  let dialing: Bool
  var ours = Difference.none

  init(
    _ title: String, _ seed: Shown, _ leecher: Shown, listening: Bool, dialing: Bool, authority: Authority = .ca, kind: String = "hybrid",
    hasParameters: Bool = true, ours: Difference = .none
  ) {
    (self.title, self.seed, self.leecher, self.listening, self.dialing) = (title, seed, leecher, listening, dialing)
    (self.authority, self.kind, self.hasParameters, self.ours) = (authority, kind, hasParameters, ours)
  }

  /// A row that is the same whoever dials.
  init(
    _ title: String, _ seed: Shown, _ leecher: Shown, flows: Bool, authority: Authority = .ca, kind: String = "hybrid",
    hasParameters: Bool = true, ours: Difference = .none
  ) {
    self.init(
      title, seed, leecher, listening: flows, dialing: flows, authority: authority, kind: kind, hasParameters: hasParameters, ours: ours)
  }

  var startsOurs: Bool {
    if case .refusesToStart = ours { return false }
    return true
  }

  /// Whether data flows with our node as the seed.
  func flowsWithOurs(weDial: Bool) -> Bool {
    guard case .none = ours else { return false }
    return weDial ? dialing : listening
  }
}

extension SSLCase.Shown {
  /// A certificate for every torrent, with what differs.
  static func star(_ change: @escaping @Sendable (inout CertificatePlan) -> Void = { _ in }) -> SSLCase.Shown {
    .certificate { _ in
      var plan = CertificatePlan.star("")
      change(&plan)
      return plan
    }
  }

  /// One with these names and no others.
  static func names(
    cn: @escaping @Sendable (String) -> String? = { _ in nil }, dns: @escaping @Sendable (String) -> String? = { _ in nil }
  ) -> SSLCase.Shown {
    .certificate { artifact in
      CertificatePlan(
        name: "", commonNames: [cn(artifact)].compactMap { $0 }, alternatives: [dns(artifact)].compactMap { $0 }.map { "DNS:" + $0 })
    }
  }
}
