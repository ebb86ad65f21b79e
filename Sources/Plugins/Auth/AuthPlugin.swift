import Metainfo
import OpenSSL
package import PluginKit

/// Guards `connect` by a conversation (`gr_auth`): peers prove that they hold a key, or show a token, before anything is disclosed to them.
///
/// What a token allows limits its bearer in every other operation as well.
package struct AuthPlugin: Plugin {
  package static let name = "auth"
  package static let summary = "guards connect: peers prove a key or show a token (gr_auth) before anything is disclosed"
  package static let hooks: [Hook] = [.judge, .converse]

  package let guards: Set<Operation> = [.connect, .metadata, .request, .message, .ask, .announce]
  package let conversation: ExtendedMessage? = ExtendedMessage(name: AuthMessage.name, maximumSize: AuthMessage.maximumSize)
  private let configuration: AuthConfiguration
  private let wallClock: @Sendable () -> WallTime

  package init(settings: AuthSettings, services: PluginServices) throws {
    configuration = try settings.compiled(services)
    wallClock = services.wallClock
  }

  package var warnings: [String] {
    let plain =
      configuration.requiresTLS
      ? [] : ["auth.requires is none: on a plain link it says who the peer is, and nothing of who reads and changes what follows"]
    let nobody = configuration.policy.keys.keys.isEmpty && configuration.policy.issuers.isEmpty
    return plain + (nobody ? ["auth has neither keys nor issuers of tokens: nobody can prove anything"] : [])
  }

  package func converse(_ opening: ConversationOpening, _ facts: PeerFacts) throws -> (any PeerConversation)? {
    guard exemption(facts) == nil else { return nil }
    let configuration = configuration
    return AuthConversation(
      policy: configuration.policy, opening: opening, facts: facts, nonce: try SecretBytes.random(AuthOffer.nonceByteCount), now: wallClock,
      isForAll: configuration.artifacts == nil, isNeeded: { facts in Self.isRequired(facts, configuration.artifacts) })
  }

  package func judge(_ operation: Operation, _ facts: PeerFacts) throws -> Verdict {
    switch operation {
    case .connect: return judgeConnection(facts)
    case .metadata, .request, .ask, .announce, .message: return judgeCapability(operation, facts)
    }
  }

  // MARK: Who it is

  private func judgeConnection(_ facts: PeerFacts) -> Verdict {
    if facts.link.isSecuring { return .allow("what it can prove is not known yet") }
    if let identity = exemption(facts) { return .allow("\(identity) is exempt") }
    if let proven = facts.identities.first(where: { $0.trust == AuthPolicy.trust }) { return judge(proven, facts) }
    if configuration.requiresTLS, facts.link.certificate == nil {
      return .deny("auth is for links over TLS, and this one is plain (auth.requires)")
    }
    guard facts.peerID != nil else { return .allow("it has had no chance to prove itself yet") }
    guard Self.isRequired(facts, configuration.artifacts) else { return .allow("no proof is required for this artifact") }
    return .deny("it has not proven itself (\(AuthMessage.name))")
  }

  /// Whether what the peer has proven is still good.
  private func judge(_ proven: Identity, _ facts: PeerFacts) -> Verdict {
    if proven.name.hasPrefix("token:") { return judgeToken(proven, facts) }
    guard let key = configuration.policy.keys.keys[String(proven.name.dropFirst("key:".count))] else {
      return .deny("\(proven): there is no such key any more")
    }
    if let problem = key.problem(at: facts.now) { return .deny(problem, rule: key.rule, place: key.place) }
    return .allow(key.note.explain("it has proven \(proven)"), rule: key.rule, place: key.place, validUntil: key.note.until)
  }

  private func judgeToken(_ proven: Identity, _ facts: PeerFacts) -> Verdict {
    guard let capability = facts.capability else {
      return .deny("\(proven): what the token allows is not known")
    }
    let issuers = configuration.policy.issuers
    if let problem = issuers.problem(issuer: capability.issuer, id: capability.id, until: capability.validUntil, at: facts.now) {
      return .deny(problem.reason, rule: problem.rule, place: problem.place)
    }
    let issuer = issuers.issuers[capability.issuer]
    if let artifact = facts.artifact, !capability.covers(artifact) {
      return .deny("\(proven) is for other artifacts", rule: issuer?.rule, place: issuer?.place)
    }
    guard !capability.operations.isEmpty else {
      return .deny("\(proven) allows nothing", rule: issuer?.rule, place: issuer?.place)
    }
    let until = [capability.validUntil, issuer?.note.until].compactMap { $0 }.min()
    return .allow("it has shown \(proven)", rule: issuer?.rule, place: issuer?.place, validUntil: until)
  }

  private func exemption(_ facts: PeerFacts) -> Identity? {
    facts.identities.first { identity in configuration.exempt.contains { $0.matches(identity) } }
  }

  /// An artifact that is not known is treated as one that needs a proof.
  private static func isRequired(_ facts: PeerFacts, _ patterns: [ArtifactPattern]?) -> Bool {
    guard let patterns, let artifact = facts.artifact else { return true }
    return patterns.contains { $0.matches(artifact) }
  }

  // MARK: What its token allows

  private func judgeCapability(_ operation: Operation, _ facts: PeerFacts) -> Verdict {
    guard let capability = facts.capability else { return .allow("no token limits it") }
    let name = AuthPolicy.identity(token: capability).description
    guard capability.operations.contains(operation) else { return .deny("\(name) is not for \(operation.rawValue)") }
    guard let artifact = facts.artifact, capability.covers(artifact) else { return .deny("\(name) is for other artifacts") }
    guard capability.files.isEmpty else { return judgeFiles(operation, capability, artifact, name) }
    return .allow("\(name) allows it", validUntil: capability.validUntil)
  }

  private func judgeFiles(_ operation: Operation, _ capability: Capability, _ artifact: ArtifactFacts, _ name: String) -> Verdict {
    guard operation != .metadata else { return .deny("\(name) is for some files, and the metadata names all of them") }
    guard operation == .request else { return .allow("\(name) allows it", validUntil: capability.validUntil) }
    let part = capability.part(of: artifact.layout)
    guard !part.isEmpty else { return .deny("\(name) is for files that are not in this artifact") }
    return .allow("\(name) allows some files", validUntil: capability.validUntil, scope: .part(part))
  }
}

extension Capability {
  /// Whether it is for this artifact: a pattern of each list must match it.
  func covers(_ artifact: ArtifactFacts) -> Bool {
    !artifacts.isEmpty
      && artifacts.allSatisfy { list in list.contains { text in (try? ArtifactPattern(text))?.matches(artifact) ?? false } }
  }

  /// What of an artifact its lists of files let through.
  func part(of layout: PieceLayout) -> PartialScope {
    let lists = files.map { list in list.compactMap { try? Glob($0, .path) } }
    var granted = Bitfield(count: layout.files.count)
    for (index, file) in layout.files.enumerated() where !file.isPadding {
      let path = Glob.Subject(file.displayPath)
      if lists.allSatisfy({ list in list.contains { $0.matches(path) } }) { granted[index] = true }
    }
    let pieces = Bitfield(count: layout.pieceCount, filled: true)
    return PartialScope([PartialScope.Term(pieces: pieces, files: granted)], layout: layout)
  }
}
