import Metainfo
import PeerProtocol

/// The facts that a verdict was based on, as a journal's row keeps them: enough to ask another policy the same question later.
///
/// Everything is bounded, so that a row's facts fit in 4,096 bytes of JSON whatever a peer's certificate or an artifact's labels say; what
/// had no room is named in `leftOut`, and such a row can be replayed only roughly. Key material, and what binds a conversation to its link
/// (`CertificateFacts.exporter`), is never recorded.
public struct RecordedFacts: Sendable, Hashable, Codable {
  /// The link, without what only its ends may know.
  public enum Link: String, Sendable, Codable { case plain, securing, tls }

  /// Who vouched for the peer.
  public struct Certificate: Sendable, Hashable, Codable {
    public let trust: String
    public let subject: String
    public let serial: String
    /// Nanoseconds since 1970.
    public let validUntil: Int64

    enum CodingKeys: String, CodingKey {
      case trust, subject, serial
      case validUntil = "valid_until"
    }
  }

  /// What the peer had shown that limited it to less than the policy allows. What it proves with is no part of it.
  public struct Limits: Sendable, Hashable, Codable {
    public let issuer: String
    public let id: String
    public let artifacts: [[String]]
    public let operations: [Operation]
    public let files: [[String]]
    /// Nanoseconds since 1970.
    public let validUntil: Int64

    enum CodingKeys: String, CodingKey {
      case issuer, id, artifacts, operations, files
      case validUntil = "valid_until"
    }
  }

  /// The artifact as policy knew it then. Files and pieces are looked up by its info-hash.
  public struct Artifact: Sendable, Hashable, Codable {
    public let id: Int64
    public let name: String
    public let infoHashV1: String?
    public let infoHashV2: String?
    public let labels: [String: String]
    public let isPrivate: Bool
    public let isSSL: Bool

    enum CodingKeys: String, CodingKey {
      case id, name, labels
      case infoHashV1 = "info_hash_v1"
      case infoHashV2 = "info_hash_v2"
      case isPrivate = "private"
      case isSSL = "ssl"
    }
  }

  /// What was asked.
  public let operation: Operation
  /// The moment of the question: nanoseconds since 1970.
  public let at: Int64
  /// Address and port: `10.0.0.1:6881`.
  public let address: String
  public let direction: PeerFacts.Direction
  public let link: Link
  public let certificate: Certificate?
  /// The strongest first.
  public let identities: [Identity]
  /// The capability that it had shown; nil for none.
  public let capability: Limits?
  public let artifact: Artifact?
  /// The info-hash that the handshake named, hexadecimal.
  public let infoHash: String?
  /// Hexadecimal.
  public let peerID: String?
  /// The client's name and version as the peer id has it, escaped; a claim.
  public let client: String?
  /// What the peer had had by then; nil where nobody counted.
  public let history: PeerHistory?
  /// What had no room: `identities`, `capability`, `labels`, `name`, `subject`.
  public let leftOut: [String]

  enum CodingKeys: String, CodingKey {
    case operation, at, address, direction, link, certificate, identities, capability, artifact, client, history
    case infoHash = "info_hash"
    case peerID = "peer_id"
    case leftOut = "left_out"
  }

  /// What was known when the operation was asked about.
  public init(_ facts: PeerFacts, _ operation: Operation) {
    var room = FactsRoom()
    self.operation = operation
    (at, address, direction) = (facts.now.nanoseconds, facts.address.description, facts.direction)
    link = Link(facts.link)
    certificate = facts.link.certificate.map { Certificate($0, &room) }
    identities = room.fit(facts.identities)
    capability = facts.capability.flatMap { room.fit(Limits($0)) }
    artifact = facts.artifact.map { Artifact($0, &room) }
    infoHash = facts.infoHash?.description
    peerID = facts.peerID.map { Hex.encode($0.bytes) }
    client = facts.peerID?.clientName
    history = facts.history
    leftOut = room.leftOut
  }

  /// Whether all that a guard could see is here.
  public var isComplete: Bool { leftOut.isEmpty }

  /// The facts to ask a guard about again; `artifact` is what this one is now, nil where there was none. Nil where the record makes no sense.
  public func peerFacts(artifact: ArtifactFacts?) -> PeerFacts? {
    guard let address = PeerAddress(address) else { return nil }
    var facts = PeerFacts(
      address: address, direction: direction, link: peerLink, identities: identities, artifact: artifact,
      infoHash: infoHash.flatMap { SHA1Digest(hex: $0) }, peerID: peerID.flatMap { Hex.decode($0) }.flatMap { PeerID($0) },
      now: WallTime(nanoseconds: at))
    facts.history = history
    facts.capability = capability.map { limits in
      Capability(
        issuer: limits.issuer, id: limits.id, artifacts: limits.artifacts, operations: Set(limits.operations), files: limits.files,
        validUntil: WallTime(nanoseconds: limits.validUntil))
    }
    return facts
  }

  private var peerLink: PeerLink {
    switch (link, certificate) {
    case (.securing, _): .securing
    case (.tls, let certificate?):
      .tls(
        CertificateFacts(
          trust: certificate.trust, subject: certificate.subject, serial: certificate.serial, issuers: [],
          validUntil: WallTime(nanoseconds: certificate.validUntil), exporter: nil))
    case (.plain, _), (.tls, nil): .plain
    }
  }
}

extension RecordedFacts.Link {
  fileprivate init(_ link: PeerLink) {
    switch link {
    case .plain: self = .plain
    case .securing: self = .securing
    case .tls: self = .tls
    }
  }
}

extension RecordedFacts.Limits {
  fileprivate init(_ capability: Capability) {
    (issuer, id, artifacts, files) = (capability.issuer, capability.id, capability.artifacts, capability.files)
    operations = Operation.allCases.filter(capability.operations.contains)
    validUntil = capability.validUntil.nanoseconds
  }
}

extension RecordedFacts.Certificate {
  fileprivate init(_ facts: CertificateFacts, _ room: inout FactsRoom) {
    (trust, subject) = (room.fit(facts.trust, FactsRoom.trust, "subject"), room.fit(facts.subject, FactsRoom.subject, "subject"))
    (serial, validUntil) = (room.fit(facts.serial, FactsRoom.serial, "subject"), facts.validUntil.nanoseconds)
  }
}

extension RecordedFacts.Artifact {
  fileprivate init(_ facts: ArtifactFacts, _ room: inout FactsRoom) {
    (id, name, labels) = (facts.id, room.fit(facts.name, FactsRoom.name, "name"), room.fit(facts.labels))
    (infoHashV1, infoHashV2) = (facts.infoHash.v1?.description, facts.infoHash.v2?.description)
    (isPrivate, isSSL) = (facts.isPrivate, facts.isSSL)
  }
}

/// The bytes of JSON that each part of recorded facts may take, so that the whole fits in a journal's row.
private struct FactsRoom {
  static let trust = 128
  static let subject = 256
  static let serial = 64
  static let name = 256
  private static let identities = 1024
  private static let labels = 640
  private static let capability = 640

  private(set) var leftOut: [String] = []

  /// The text, or its beginning.
  mutating func fit(_ text: String, _ limit: Int, _ part: String) -> String {
    guard FactsText.cost(of: text) > limit else { return text }
    leave(part)
    var kept = ""
    var room = limit
    for scalar in text.unicodeScalars {
      room -= FactsText.cost(of: String(scalar))
      if room < 0 { break }
      kept.unicodeScalars.append(scalar)
    }
    return kept
  }

  /// The first ones, whole.
  mutating func fit(_ identities: [Identity]) -> [Identity] {
    var room = Self.identities
    let kept = identities.prefix { identity in
      room -= FactsText.cost(of: identity.trust) + FactsText.cost(of: identity.name) + 26
      return room >= 0
    }
    if kept.count < identities.count { leave("identities") }
    return Array(kept)
  }

  /// The limits, whole or not at all.
  mutating func fit(_ limits: RecordedFacts.Limits) -> RecordedFacts.Limits? {
    var text = FactsText()
    text.write(limits)
    if text.byteCount <= Self.capability { return limits }
    leave("capability")
    return nil
  }

  /// Those that fit, whole, in the order of their keys.
  mutating func fit(_ labels: [String: String]) -> [String: String] {
    var room = Self.labels
    let all = labels.sorted { $0.key < $1.key }
    let kept = all.prefix { label in
      room -= FactsText.cost(of: label.key) + FactsText.cost(of: label.value) + 6
      return room >= 0
    }
    guard kept.count < all.count else { return labels }
    leave("labels")
    return Dictionary(kept.map { ($0.key, $0.value) }) { first, _ in first }
  }

  private mutating func leave(_ part: String) {
    if !leftOut.contains(part) { leftOut.append(part) }
  }
}
