import Metainfo
import NIOCore
import NIOPosix
import PeerProtocol
import PluginKit

/// BEP 52's hash requests, answered off the loop and a few at a time.
extension PeerConnection {
  private static let hashRequestsAtOnce = 8

  func answer(_ request: HashRequest, _ peer: ActivePeer) {
    guard mayHaveHashes(request, peer), hashRequestsInFlight < Self.hashRequestsAtOnce else { return send(.hashReject(request)) }
    hashRequestsInFlight += 1
    let (core, number) = (core, number)
    let answers = peer.swarm.hashes
    core.disk.submit { state in
      let hashes = state == .active ? answers.hashes(for: request) : nil
      core.visit(number) { connection in connection.handleEvent { $0.answered(request, hashes) } }
    }
  }

  private func answered(_ request: HashRequest, _ hashes: [SHA256Digest]?) {
    hashRequestsInFlight -= 1
    guard let hashes else { return send(.hashReject(request)) }
    send(.hashes(request, ByteBuffer(bytes: hashes.flatMap(\.bytes))))
  }

  /// Hashes of blocks tell what a file holds: they are given only of files that are granted.
  private func mayHaveHashes(_ request: HashRequest, _ peer: ActivePeer) -> Bool {
    guard let file = peer.swarm.hashes.file(of: request) else { return false }
    return switch peer.context.grant.scope {
    case nil: peer.context.grant.metadata.isAllowed
    case .everything: true
    case .part(let part): part.covers(file: file, of: peer.layout)
    }
  }
}
