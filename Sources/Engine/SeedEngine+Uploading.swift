import Metainfo
import NIOCore
import PluginKit
import Synchronization

/// Data that an operator brings along for an artifact that is being fetched: to the picker and the judge a peer that has given it.
extension SeedEngine {
  /// What came of a part.
  package enum UploadAnswer: Sendable, Hashable {
    /// Taken; so many of its bytes were lacking. Whether they are right shows once their pieces are whole.
    case taken(bytes: Int)
    /// Nothing of it was taken: the artifact is paused, what came before waits for the disk, or the disk is in trouble. Later it may be.
    case later(reason: String)
    /// Whoever sends it has sent what was wrong.
    case refused(reason: String)
    /// The artifact is not being fetched.
    case unknown
  }

  /// Takes the whole blocks of a part of an artifact's data, which begins at `offset` (a multiple of 16 KiB) of its pieces one after the other;
  /// what follows the last whole block is passed over, and so is what is there.
  package func receive(upload bytes: ByteBuffer, at offset: Int64, of id: Int64, from principal: String) -> UploadAnswer {
    guard let swarm = core.swarms[id], let fetch = swarm.fetch, !fetch.isOver else { return .unknown }
    if let reason = fetch.refusal(of: principal) { return .refused(reason: reason) }
    if swarm.isPaused { return .later(reason: "it is paused") }
    if let reason = fetch.reasonToWait { return .later(reason: reason) }
    let runs = UploadPart(bytes, at: offset).runs(of: swarm.torrent.layout, lacking: fetch.state.withLock { $0.picker.lackingPieces })
    let number = fetch.uploader(principal) { core.numbers.number(onLoop: 0) }
    let receipt = fetch.receive(runs, from: number, swarm, core)
    for cancel in receipt.cancels { core.visit(cancel.peer) { $0.needless(cancel.block) } }
    core.downloaded.add(Int64(receipt.bytes), ordering: .relaxed)
    return .taken(bytes: receipt.bytes)
  }
}

extension ArtifactFetch {
  /// Why nothing more can be taken just now; nil where it can.
  fileprivate var reasonToWait: String? {
    state.withLock { state in
      if state.mayAsk { return nil }
      return state.trouble?.text ?? "what came before waits for the disk"
    }
  }

  /// The number by which somebody who sends data is known to the fetch.
  fileprivate func uploader(_ principal: String, _ number: () -> PeerNumber) -> PeerNumber {
    state.withLock { state in
      if let known = state.uploaders[principal] { return known }
      let fresh = number()
      state.uploaders[principal] = fresh
      state.join(fresh, FetchState.Member(address: nil, principal: principal))
      return fresh
    }
  }
}
