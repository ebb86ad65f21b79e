import Metainfo
internal import PluginKit

/// A rule of the quota plugin, compiled. A field that is nil limits nothing; fields are joined by AND, the items of one by OR.
struct QuotaRule: Sendable {
  /// Whom a rule keeps an account for.
  enum Subject: String, Sendable, CaseIterable {
    case principal, artifact
    case principalAndArtifact = "principal-and-artifact"
  }

  /// What is counted.
  enum Measure: String, Sendable { case bytes, blocks }

  /// A limit on what goes out in a window.
  struct Meter: Sendable {
    let measure: Measure
    let limit: Int64
    let window: QuotaWindow

    /// What a block of this length counts.
    func units(_ length: Int64) -> Int64 { measure == .bytes ? length : 1 }

    /// The most that a connection leases at once: about a batch.
    var portion: Int64 { measure == .bytes ? 1 << 20 : 64 }

    func describe(_ units: Int64) -> String { measure == .bytes ? AmountText.describe(bytes: units) : "\(units)" }

    /// `500 GiB of 500 GiB in 1d`.
    func figures(_ used: Int64) -> String {
      let unit = measure == .blocks ? " blocks" : ""
      return "\(describe(used)) of \(describe(limit))\(unit) in \(AmountText.describe(span: window.length))"
    }
  }

  /// `quota[0]`.
  let name: String
  /// `FILE:LINE:COLUMN`, where it is known.
  let place: String?
  let principals: QuotaPrincipals?
  let artifacts: [ArtifactPattern]?
  let subject: Subject
  let meters: [Meter]
  /// Bytes a second.
  let rate: Int64?
  let note: Note
  /// Tells its accounts from those of other rules, and stays the same while whom it is about and over which time do.
  let identity: String

  /// Whether the rule is about this peer and this artifact now.
  func concerns(_ facts: PeerFacts, _ artifact: ArtifactFacts) -> Bool {
    note.holds(at: facts.now) && (principals?.contains(facts) ?? true)
      && (artifacts?.contains { $0.matches(artifact) } ?? true)
  }

  /// The key of an account.
  func key(_ measure: String, _ facts: PeerFacts, _ artifact: ArtifactFacts) -> String {
    let text = "\(identity)/\(measure)/\(subject(facts, artifact))"
    return text.count <= 400 ? text : "\(identity)/\(measure)/\(SHA1Digest.hash(of: Array(text.utf8)))"
  }

  private func subject(_ facts: PeerFacts, _ artifact: ArtifactFacts) -> String {
    let hash = artifact.infoHash.preferredWire.description
    return switch subject {
    case .principal: facts.principal
    case .artifact: hash
    case .principalAndArtifact: "\(facts.principal) \(hash)"
    }
  }

  /// Who has an account, in words.
  func describe(_ facts: PeerFacts, _ artifact: ArtifactFacts) -> String {
    switch subject {
    case .principal: facts.principal
    case .artifact: artifact.name
    case .principalAndArtifact: "\(facts.principal) of \(artifact.name)"
    }
  }
}
