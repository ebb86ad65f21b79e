import Metainfo
import NIOCore
import PeerProtocol
internal import PluginKit

/// One peer's exchange of metadata.
///
/// A message that is no message of BEP 9 closes the connection with its reason: the peer is at fault, not this plugin, so nothing is thrown.
final class MetadataPeer: PeerPlugin {
  var blockHooks: BlockHooks { [] }

  private let peer: PeerContext
  private let allowance: MetadataAllowance
  private let services: PluginServices
  private var budget: MetadataBudget
  private var isDenialTold = false

  init(_ peer: PeerContext, allowance: MetadataAllowance, services: PluginServices) {
    (self.peer, self.allowance, self.services) = (peer, allowance, services)
    budget = MetadataBudget(pieces: Self.pieceCount(of: peer))
  }

  func addHandshake(_ additions: inout HandshakeAdditions) throws {
    guard peer.grant.metadata.isAllowed else { return }
    additions.add("metadata_size", .integer(Int64(peer.infoBytes.count)))
  }

  func onExtended(_ name: String, _ payload: ByteBuffer) throws -> Handling {
    guard name == MetadataMessage.name else { return .pass }
    do throws(ProtocolViolation) {
      switch try MetadataMessage.decode(payload) {
      case .request(let piece): answer(piece)
      // We ask for nothing, so there is nothing to do with answers; unknown kinds are to be ignored (BEP 9). They are no pastime either.
      case .data, .reject, nil: if budget.spend(at: peer.now) == .close { close() }
      }
    } catch {
      peer.close("malformed \(MetadataMessage.name): \(error)")
    }
    return .handled
  }

  private func answer(_ piece: Int) {
    switch budget.spend(at: peer.now) {
    case .serve where allowance.take(at: peer.now): send(data(piece) ?? .reject(piece: piece))
    case .serve, .reject:
      services.counters.count("metadata_rejected_requests")
      send(.reject(piece: piece))
    case .close: close()
    }
  }

  private func close() {
    services.counters.count("metadata_closed_floods")
    peer.close("too many requests for metadata")
  }

  /// The piece where the peer may have it and it exists. The grant is asked each time: it may have been taken back.
  private func data(_ piece: Int) -> MetadataMessage? {
    if let refusal = peer.grant.metadata.refusal { tell(of: refusal) }
    guard peer.grant.metadata.isAllowed, (0..<Self.pieceCount(of: peer)).contains(piece) else { return nil }
    let begin = piece * MetadataMessage.pieceLength
    let end = min(begin + MetadataMessage.pieceLength, peer.infoBytes.count)
    return .data(piece: piece, totalSize: peer.infoBytes.count, ByteBuffer(bytes: peer.infoBytes[begin..<end]))
  }

  /// One row a connection: who asks on and on must not fill the journal.
  private func tell(of refusal: Judgement) {
    guard !isDenialTold else { return }
    isDenialTold = true
    let (facts, verdict) = (peer.facts, refusal.verdict)
    services.journal.record(
      JournalRecord(
        at: services.wallClock(), principal: facts.principal, address: facts.address, infoHash: facts.infoHash,
        artifact: peer.artifact.name, operation: Operation.metadata.rawValue, verdict: "deny", plugin: refusal.plugin, rule: verdict.rule,
        reason: verdict.reason, place: verdict.place, generation: peer.grant.generation, facts: RecordedFacts(facts, .metadata),
        isUnmatched: peer.grant.metadata.isUnmatched))
  }

  private func send(_ message: MetadataMessage) {
    var buffer = ByteBuffer()
    message.encode(into: &buffer)
    peer.send(extended: MetadataMessage.name, buffer)
  }

  private static func pieceCount(of peer: PeerContext) -> Int {
    (peer.infoBytes.count + MetadataMessage.pieceLength - 1) / MetadataMessage.pieceLength
  }
}
