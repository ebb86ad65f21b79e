import Control
import Metainfo
import PeerProtocol
import PluginKit

/// Asks the node's guards who may read what of a catalogue: the list of whoever may connect holds the artifacts of which it may have the metadata,
/// which is what a .torrent is.
struct CataloguePolicy: Sendable {
  let pipeline: @Sendable () -> Pipeline
  let journal: any PluginKit.Journal
  let now: @Sendable () -> WallTime

  var generation: UInt64 { pipeline().generation }

  /// Whether the reader may connect at all; the journal is told where not.
  func admits(_ reader: CatalogueReader) async -> Bool {
    let pipeline = pipeline()
    let facts = facts(reader)
    let decision = await pipeline.admit(facts)
    guard !decision.isAllowed else { return true }
    let verdict = decision.refusal?.verdict
    journal.record(
      JournalRecord(
        at: facts.now, principal: facts.principal, address: facts.address, operation: Operation.connect.rawValue, verdict: "deny",
        plugin: decision.refusal?.plugin ?? "catalogue", rule: verdict?.rule, reason: verdict?.reason ?? "the catalogue may not be read",
        place: verdict?.place, generation: pipeline.generation, facts: RecordedFacts(facts, .connect)))
    return false
  }

  /// Whether the reader may have the artifact's metadata, and until when that is so; nil for as long as policy stays as it is.
  func mayHave(_ artifact: ArtifactFacts, _ reader: CatalogueReader) -> (isAllowed: Bool, until: WallTime?) {
    var facts = facts(reader)
    (facts.artifact, facts.infoHash) = (artifact, artifact.infoHash.preferredWire)
    let grant = pipeline().grant(facts)
    return (!artifact.isSSL && !grant.isEmpty && grant.metadata.isAllowed, grant.validUntil)
  }

  /// What guards are told: as of one that has shaken hands, so that a guard that waits for a proof until then does not let it in because it may
  /// still come.
  private func facts(_ reader: CatalogueReader) -> PeerFacts {
    PeerFacts(
      address: PluginKit.PeerAddress(ip: reader.ip, port: reader.port), direction: .inbound,
      link: reader.certificate.map { .tls($0) } ?? .plain, identities: reader.identities, peerID: Self.nobody, now: now())
  }

  private static let nobody = PeerID.random(prefix: "-GY0000-")
}
