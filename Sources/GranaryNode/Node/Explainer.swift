import Control
import Inventory
import Metainfo
import PluginKit

/// Answers `why`: asks the guards about a peer and an artifact as they would be asked about a connection.
struct Explainer: Sendable {
  let pipeline: Pipeline
  let database: InventoryDatabase

  func explain(peer: String, artifact what: String, operation: String?) throws -> WhyDocument {
    let (address, identities) = try parse(peer)
    let artifact = try database.find(what)
    let torrent = try InventoryKeeper(database: database).torrent(of: artifact.id).torrent
    var facts = PeerFacts(address: address, direction: .inbound, identities: identities, now: .now)
    facts.artifact = ArtifactFacts(artifact, torrent)
    facts.infoHash = artifact.infoHash.preferredWire
    // It is asked about as one that has shaken hands: a guard that waits for more until then has its answer.
    facts.peerID = PeerID([UInt8](repeating: 0, count: PeerID.byteCount))
    let decisions = try operations(operation).map { pipeline.decide($0, facts) }
    return document(peer, artifact, operation, decisions, torrent.layout)
  }

  /// The operation asked about needs the connection first.
  private func operations(_ name: String?) throws -> [PluginKit.Operation] {
    guard let name else { return [.connect, .request, .metadata] }
    guard let operation = PluginKit.Operation(rawValue: name) else {
      let known = PluginKit.Operation.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(.usage, "'\(name)' is no operation; there are: \(known)")
    }
    return operation == .connect ? [.connect] : [.connect, operation]
  }

  private func document(
    _ peer: String, _ artifact: Artifact, _ asked: String?, _ decisions: [Decision], _ layout: PieceLayout
  ) -> WhyDocument {
    // Without an operation the question is about blocks: metadata alone is told of, and decides nothing.
    let deciding = asked == nil ? decisions.filter { $0.operation != .metadata } : decisions
    let refused = deciding.first { !$0.isAllowed }
    let judgement = refused?.refusal ?? deciding.last { !$0.judgements.isEmpty }?.judgements.last
    let operation = refused?.operation ?? deciding.last?.operation ?? .connect
    return WhyDocument(
      peer: peer, artifact: artifact.name, operation: operation.rawValue, verdict: refused == nil ? "allow" : "deny",
      plugin: judgement?.plugin, rule: judgement?.verdict.rule, reason: judgement?.verdict.reason ?? "nothing in the pipeline guards this",
      place: judgement?.verdict.place, policyGeneration: pipeline.generation,
      answers: decisions.flatMap { decision in decision.judgements.map { answer(decision.operation, $0) } })
  }

  private func answer(_ operation: PluginKit.Operation, _ judgement: Judgement) -> WhyDocument.Answer {
    let verdict = judgement.verdict
    return WhyDocument.Answer(
      operation: operation.rawValue, plugin: judgement.plugin, verdict: verdict.answer.rawValue, rule: verdict.rule, reason: verdict.reason,
      place: verdict.place, scope: operation == .request && verdict.isAllowed ? describe(verdict.scope) : nil)
  }

  private func describe(_ scope: Scope) -> String {
    switch scope {
    case .everything: "everything"
    case .part(let part): "\(part.wholePieces.population) of \(part.wholePieces.count) pieces"
    }
  }

  /// An address, with the identities that a peer there would prove: `10.0.0.1,fleet/spiffe://corp/edge/7`.
  private func parse(_ peer: String) throws -> (PeerAddress, [Identity]) {
    let parts = peer.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let address = parts.first.flatMap { text in PeerAddress(text) ?? IPAddress(text).map { PeerAddress(ip: $0, port: 0) } }
    let identities = parts.dropFirst(address == nil ? 0 : 1).map(identity)
    guard address != nil || identities.first != nil, identities.allSatisfy({ $0 != nil }) else {
      let forms =
        "10.0.0.1, fd00::1, 10.0.0.1:6881 or an identity such as fleet/spiffe://corp/edge/7, or an address, a comma and identities"
      throw Failure(.usage, "'\(peer)' is neither an address nor an identity: write \(forms)")
    }
    // Nobody is at this address: who asks about an identity alone asks what it may have wherever it is, as far as addresses let it.
    let nowhere = IPAddress("0.0.0.0").map { PeerAddress(ip: $0, port: 0) }
    guard let place = address ?? nowhere else { throw Failure(.internalError, "0.0.0.0 is no address") }
    return (place, identities.compactMap { $0 })
  }

  private func identity(_ text: String) -> Identity? {
    guard let slash = text.firstIndex(of: "/"), slash > text.startIndex, text[slash...].contains(":") else { return nil }
    return Identity(trust: String(text[..<slash]), name: String(text[text.index(after: slash)...]))
  }
}

extension ArtifactFacts {
  /// What policy knows of an artifact of the inventory.
  init(_ artifact: Artifact, _ torrent: Torrent) {
    self.init(
      id: artifact.id.rawValue, infoHash: artifact.infoHash, name: artifact.name, labels: artifact.labels, isPrivate: artifact.isPrivate,
      isSSL: torrent.sslCertificate != nil,
      layout: PaddedLayout(torrent.layout).layout)
  }
}
