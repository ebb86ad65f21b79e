import Control
import Engine
import Foundation
import Inventory
import Metainfo

extension Node {
  /// How the fetch of an artifact stands, or how the artifact does where it is none.
  func fetchDocument(_ id: ArtifactID) throws -> FetchDocument {
    let artifact = try database.artifact(id)
    let (v1, v2) = (artifact.infoHash.v1?.description, artifact.infoHash.v2?.description)
    guard let snapshot = engine.fetchSnapshot(of: id.rawValue) else {
      let held = artifact.verifiedPieces ?? 0
      var document = FetchDocument(
        name: artifact.name, infoHashV1: v1, infoHashV2: v2, state: artifact.state.rawValue,
        reason: artifact.stateReason.isEmpty ? nil : artifact.stateReason, data: artifact.dataRoot, size: artifact.size,
        left: held == artifact.pieceCount ? 0 : artifact.size, piecesHeld: held, pieces: artifact.pieceCount)
      if artifact.state == .failed { document.code = try failure(of: artifact).rawValue }
      return document
    }
    let (state, reason) = Self.words(snapshot, artifact)
    return FetchDocument(
      name: artifact.name, infoHashV1: v1, infoHashV2: v2, state: state, reason: reason, data: artifact.dataRoot,
      size: snapshot.bytesWanted, left: snapshot.bytesLeft, piecesHeld: snapshot.held, pieces: snapshot.wanted,
      downloaded: snapshot.downloaded, wasted: snapshot.wasted, failedPieces: snapshot.failedPieces, peers: snapshot.peers,
      serving: snapshot.serving)
  }

  /// What a fetch has failed by: what lies in its place is no part of it, for that has a folder of its own until the end.
  private func failure(of artifact: Artifact) throws -> ExitStatus {
    let place = "\(artifact.dataRoot)/\(try keeper.torrent(of: artifact.id).torrent.name)"
    // Of a link this is the link itself, wherever it leads.
    let isTaken = (try? FileManager.default.attributesOfItem(atPath: place)) != nil
    return try isTaken && database.fetch(of: artifact.id) != nil ? .cannotCreate : .diskIO
  }

  private static func words(_ snapshot: FetchSnapshot, _ artifact: Artifact) -> (state: String, reason: String?) {
    switch snapshot.stage {
    case .fetching where artifact.state == .paused: ("paused", artifact.stateReason)
    case .fetching: ("fetching", snapshot.trouble)
    // Until the inventory has it too, it is not done.
    case .finishing: ("finishing", nil)
    case .complete: (artifact.state == .fetching ? "finishing" : artifact.state.rawValue, nil)
    case .failed(let reason): ("failed", reason)
    }
  }
}
