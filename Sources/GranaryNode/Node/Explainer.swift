import Control
import Inventory
import Metainfo
import PluginKit

/// Answers `why`: asks the guards about a peer and an artifact as they would be asked about a connection.
struct Explainer: Sendable {
  let pipeline: Pipeline
  let database: InventoryDatabase
  /// The connections of the running node.
  var peers: [AskedPeer.Live] = []
  /// Whether guards that have to ask somebody do so: those of a running node.
  var asksOthers = false

  func explain(peer: String, artifact what: String, operation: String?) throws -> WhyDocument {
    let asked = try AskedPeer(peer, among: peers, now: .now)
    let wanted = try operations(operation)
    let artifact = try database.find(what)
    let torrent = try InventoryKeeper(database: database).torrent(of: artifact.id).torrent
    var facts = asked.facts
    let subject = ArtifactFacts(artifact, torrent)
    (facts.artifact, facts.infoHash) = (subject, artifact.infoHash.preferredWire)
    facts = pipeline.informed(facts, isConnected: asked.live != nil)
    if asksOthers { pipeline.askOthers(facts) }
    let decisions = wanted.map { pipeline.decide($0, facts) }
    // Without an operation the question is about blocks: the others are told of, and decide nothing.
    let deciding = operation == nil ? decisions.filter { $0.operation == .connect || $0.operation == .request } : decisions
    var answer = document(peer, artifact, deciding, decisions)
    answer.live = asked.live
    answer.facts = RecordedFacts(facts, deciding.last?.operation ?? .connect)
    answer.tree = decisions.map { branch($0, subject.layout) }
    return answer
  }

  /// The operation asked about needs the connection first.
  private func operations(_ name: String?) throws -> [PluginKit.Operation] {
    guard let name else { return PluginKit.Operation.allCases }
    guard let operation = PluginKit.Operation(rawValue: name) else {
      let known = PluginKit.Operation.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(.usage, "'\(name)' is no operation; there are: \(known)")
    }
    return operation == .connect ? [.connect] : [.connect, operation]
  }

  private func document(_ peer: String, _ artifact: Artifact, _ deciding: [Decision], _ all: [Decision]) -> WhyDocument {
    let refused = deciding.first { !$0.isAllowed } ?? deciding.first { $0.isVoid }
    let approval = refused == nil ? deciding.lazy.compactMap(\.approval).first : nil
    let judgement = approval ?? refused?.refusal ?? (refused ?? deciding.last { !$0.judgements.isEmpty })?.judgements.last
    let operation = refused?.operation ?? deciding.last?.operation ?? .connect
    let reason = refused?.isVoid == true ? Self.nothingInCommon : judgement?.verdict.reason
    return WhyDocument(
      peer: peer, artifact: artifact.name, operation: operation.rawValue, verdict: refused == nil ? "allow" : "deny",
      plugin: judgement?.plugin, rule: judgement?.verdict.rule, reason: reason ?? Self.unguarded, place: judgement?.verdict.place,
      policyGeneration: pipeline.generation,
      answers: all.flatMap { decision in
        decision.judgements.map { answer(decision.operation, $0) } + decision.shadows.map { answer(decision.operation, $0, isShadow: true) }
      })
  }

  private func answer(_ operation: PluginKit.Operation, _ judgement: Judgement, isShadow: Bool = false) -> WhyDocument.Answer {
    let verdict = judgement.verdict
    return WhyDocument.Answer(
      operation: operation.rawValue, plugin: judgement.plugin, verdict: word(verdict, isShadow), rule: verdict.rule, reason: verdict.reason,
      place: verdict.place, scope: operation == .request && verdict.isAllowed ? describe(verdict.scope) : nil)
  }

  private func word(_ verdict: Verdict, _ isShadow: Bool) -> String {
    isShadow ? JournalRecord.shadow(verdict.answer.rawValue) : verdict.answer.rawValue
  }

  private func describe(_ scope: Scope) -> String {
    switch scope {
    case .everything: "everything"
    case .part(let part): "\(part.wholePieces.population) of \(part.wholePieces.count) pieces"
    }
  }

  private func branch(_ decision: Decision, _ layout: PieceLayout) -> WhyBranch {
    let isAllowed = decision.isAllowed && !decision.isVoid
    let note = decision.isVoid ? Self.nothingInCommon : decision.judgements.isEmpty ? Self.unguarded : nil
    return WhyBranch(
      operation: decision.operation.rawValue, verdict: isAllowed ? "allow" : "deny", validUntil: Self.text(decision.validUntil),
      guards: decision.judgements.map { guardsAnswer($0) } + decision.shadows.map { guardsAnswer($0, isShadow: true) },
      granted: isAllowed && decision.operation == .request ? WhyGrant(decision.scope, of: layout) : nil,
      note: note)
  }

  private func guardsAnswer(_ judgement: Judgement, isShadow: Bool = false) -> WhyBranch.Answer {
    let verdict = judgement.verdict
    return WhyBranch.Answer(
      plugin: judgement.plugin, verdict: word(verdict, isShadow), rule: verdict.rule, reason: verdict.reason, place: verdict.place,
      validUntil: Self.text(verdict.validUntil))
  }

  private static let unguarded = "nothing in the pipeline guards this"
  private static let nothingInCommon = "each guard allows a part, and the parts have nothing in common"

  private static func text(_ time: WallTime?) -> String? { time.map { Timestamp(nanoseconds: $0.nanoseconds).iso8601 } }
}

extension Decision {
  /// Whether all guards allow something, and no byte is allowed by all of them.
  fileprivate var isVoid: Bool { operation == .request && isAllowed && scope.isEmpty }
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
