/// What `policy lint` looks at beside the settings.
public struct PolicySurvey: Sendable {
  /// The inventory; empty where there is none yet.
  public let artifacts: [ArtifactFacts]
  /// The addresses of listeners without TLS.
  public let plainListeners: [String]
  /// Now.
  public let now: WallTime

  public init(artifacts: [ArtifactFacts], plainListeners: [String], now: WallTime) {
    (self.artifacts, self.plainListeners, self.now) = (artifacts, plainListeners, now)
  }
}

/// Something in a policy that its operator most likely did not mean.
public struct PolicyFinding: Sendable, Hashable, Codable {
  /// What kind of thing.
  public enum Kind: String, Sendable, Hashable, Codable {
    /// A rule that nothing ever reaches: earlier ones decide all that it is about.
    case unreachable
    /// A list without an entry.
    case empty
    /// An entry whose time is over.
    case expired
    /// A pattern that no artifact of the inventory matches.
    case unknownArtifact = "unknown-artifact"
    /// An artifact that no rule gives to anybody.
    case unreadableArtifact = "unreadable-artifact"
    /// A rule about identities, where a listener proves none.
    case plainListener = "plain-listener"
    /// A guard that lets everybody through once it fails, or that is only tried.
    case failsOpen = "fails-open"
    /// An artifact that is disclosed to peers that have proven nothing.
    case disclosedUnproven = "disclosed-unproven"
    /// What the plugin warns of itself.
    case warning
  }

  public let kind: Kind
  public let message: String
  /// `FILE:LINE:COLUMN`, where it is known.
  public let place: String?

  public init(_ kind: Kind, _ message: String, place: String? = nil) {
    (self.kind, self.message, self.place) = (kind, message, place)
  }
}
