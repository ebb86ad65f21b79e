import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// Metadata that we ask the peer for.
extension PeerConnection {
  func beginMetadata(_ peer: ActivePeer) {
    peer.swarm.metadata?.join(number, address, facts.principal)
  }

  /// The peer's extended handshake may offer it.
  func lookForMetadata(_ peer: ActivePeer) {
    guard let fetch = peer.swarm.metadata, let known = peer.session.peerExtensions, let size = known.metadataSize,
      known.messages[MetadataMessage.name].map({ $0 != 0 }) == true
    else { return }
    fetch.offer(size, from: number)
    askForMetadata(peer, lastReceived)
  }

  /// Asks for as much as the peer may be asked for at a time.
  func askForMetadata(_ peer: ActivePeer, _ now: ContinuousClock.Instant) {
    guard let fetch = peer.swarm.metadata else { return }
    while let question = fetch.question(for: number, speaksV2: peer.session.v2, now: now) {
      switch question {
      case .piece(let piece):
        guard let id = peer.context.peerMessages[MetadataMessage.name] else { return }
        var payload = ByteBuffer()
        MetadataMessage.request(piece: piece).encode(into: &payload)
        send(.extended(id: id, payload), .extended(MetadataMessage.name))
      case .hashes(let request):
        peer.session.didRequest(request)
        send(.hashRequest(request))
      }
    }
  }

  /// A message of `ut_metadata` while we have none: an answer, or a question that we cannot answer.
  func metadata(_ payload: ByteBuffer, _ fetch: MetadataFetch, _ peer: ActivePeer) throws {
    switch try MetadataMessage.decode(payload) {
    case .request(let piece):
      guard let id = peer.context.peerMessages[MetadataMessage.name] else { return }
      var answer = ByteBuffer()
      MetadataMessage.reject(piece: piece).encode(into: &answer)
      send(.extended(id: id, answer), .extended(MetadataMessage.name))
    case .reject(let piece): fetch.rejected(piece, from: number, now: lastReceived)
    case .data(let piece, let totalSize, let bytes):
      take(fetch.received(piece, totalSize: totalSize, bytes.readableBytesView, from: number, now: lastReceived), fetch, peer)
    case nil: break
    }
    askForMetadata(peer, lastReceived)
  }

  func layers(_ request: HashRequest, _ bytes: ByteBuffer?, _ fetch: MetadataFetch, _ peer: ActivePeer) {
    if let bytes {
      take(fetch.received(request, bytes.readableBytesView, from: number), fetch, peer)
    } else {
      fetch.rejected(request, from: number)
    }
    askForMetadata(peer, lastReceived)
  }

  private func take(_ progress: MetadataFetch.Progress, _ fetch: MetadataFetch, _ peer: ActivePeer) {
    let reason = "gave metadata that is not the magnet link's"
    for liar in progress.liars {
      if let member = fetch.refuse(liar, reason) { core.refuse(member, reason, peer.swarm) }
      core.visit(liar) { $0.end(DisconnectReason(.engine, reason)) }
    }
    // Other connections know what is to be asked now.
    guard !progress.isOver else { return }
    for other in peer.swarm.peers where other != number { core.visit(other) { $0.askForMetadataSoon() } }
  }

  private func askForMetadataSoon() {
    guard phase == .active, let peer = active else { return }
    handleOrJoin { $0.askForMetadata(peer, $0.lastReceived) }
  }
}
