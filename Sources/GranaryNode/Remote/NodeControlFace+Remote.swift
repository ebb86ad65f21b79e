import Control
import Engine
import Foundation
import Inventory
import Metainfo
import NIOCore

/// What commands read from the inventory by themselves, for those who cannot.
extension NodeControlFace {
  func artifacts(_ what: String?) async throws -> ListDocument {
    try await blocking {
      let artifacts = try what.map { [try node.database.find($0)] } ?? node.database.artifacts(ArtifactFilter())
      return ListDocument(artifacts: try artifacts.map { ArtifactDocument($0, try node.keeper.torrent(of: $0.id).torrent) })
    }
  }

  func journal(_ query: JournalQuery) async throws -> JournalDocument {
    try await blocking {
      // Where the disk is full, what was stored before it was is wanted all the more.
      try? node.journal.writer.flush()
      return JournalDocument(entries: try node.database.journal(query.filter(node.database)).map(JournalDocument.Entry.init))
    }
  }
}

/// Artifacts whose data comes through the control interface: fetches whose peer is the operator.
extension NodeControlFace {
  func beginUpload(_ order: UploadOrder, by caller: ControlCaller) async throws -> UploadDocument {
    try await blocking {
      guard let folder = node.remote?.uploads else {
        throw Failure(.unavailable, "this node takes no uploads: its configuration names no folder with control.uploads")
      }
      let submission = FetchSubmission(
        torrent: order.torrent, name: order.name, root: folder, select: nil, peers: [], labels: order.labels)
      let isNew = try node.isNew(submission)
      let artifact = try node.fetch(submission)
      if isNew { node.journal.record(change("upload", artifact, caller)) }
      return try node.uploadDocument(artifact)
    }
  }

  func upload(_ what: String) async throws -> UploadDocument {
    try await blocking { try node.uploadDocument(node.database.find(what)) }
  }

  func take(_ bytes: ByteBuffer, at offset: Int64, ofUpload what: String, by caller: ControlCaller) async throws -> UploadDocument {
    try await blocking {
      guard offset >= 0, offset % Int64(Block.standardLength) == 0 else {
        throw Failure(.usage, "offset: a multiple of \(Block.standardLength)")
      }
      let artifact = try node.database.find(what)
      switch node.engine.receive(upload: bytes, at: offset, of: artifact.id.rawValue, from: caller.description) {
      case .taken: return UploadDocument(fetch: try node.fetchDocument(artifact.id), pieces: nil, taken: true)
      case .later(let reason):
        var fetch = try node.fetchDocument(artifact.id)
        fetch.reason = reason
        return UploadDocument(fetch: fetch, pieces: nil, taken: false)
      case .refused(let reason): throw Failure(.badData, "\(artifact.name): what was sent is not the torrent's: \(reason)")
      case .unknown where artifact.state == .ready: return try node.uploadDocument(artifact)
      case .unknown: throw Failure(.inputMissing, "\(artifact.name) is not being fetched, it is \(artifact.state.rawValue)")
      }
    }
  }
}

extension Node {
  fileprivate func isNew(_ submission: FetchSubmission) throws -> Bool {
    guard let bytes = submission.torrent.flatMap({ Data(base64Encoded: $0) }) else { return false }
    return try database.artifact(infoHash: try Torrent.decode(Array(bytes)).torrent.infoHash) == nil
  }

  /// How it stands, with the pieces that are here.
  fileprivate func uploadDocument(_ artifact: Artifact) throws -> UploadDocument {
    let held = try engine.have(of: artifact.id.rawValue) ?? database.holding(of: artifact.id).evidence?.pieces
    let pieces = held ?? Bitfield(count: artifact.pieceCount)
    return UploadDocument(fetch: try fetchDocument(artifact.id), pieces: Hex.encode(pieces.bytes), taken: true)
  }
}
