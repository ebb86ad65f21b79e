/// A page of the artifacts, for the status page.
package struct PageArtifactsDocument: Codable, Sendable, Hashable {
  /// Artifacts of one state.
  package struct Sum: Codable, Sendable, Hashable {
    package let count: Int
    package let size: Int64

    package init(count: Int, size: Int64) {
      (self.count, self.size) = (count, size)
    }
  }

  package var schema = "granary.page-artifacts/1"
  /// All that there are, by state, whatever was asked for.
  package let states: [String: Sum]
  /// How many were asked for, and the number of the first that is here.
  package let total: Int
  package let offset: Int
  package let artifacts: [PageArtifact]

  package init(states: [String: Sum], total: Int, offset: Int, artifacts: [PageArtifact]) {
    (self.states, self.total, self.offset, self.artifacts) = (states, total, offset, artifacts)
  }
}

/// An artifact in a row.
package struct PageArtifact: Codable, Sendable, Hashable {
  package let name: String
  /// The one that it is asked for by: v2 where there is one.
  package let hash: String
  package let state: String
  package let reason: String?
  /// When it came into its state, ISO 8601.
  package let since: String
  package let size: Int64
  package let map: PieceMap
  /// Bytes that links have taken since the start.
  package let uploaded: Int64
  package let peers: Int
  /// Of one that is being fetched: bytes wanted and not here, and bytes a second; else null.
  package let left: Int64?
  package let down: Int64?

  package init(
    name: String, hash: String, state: String, reason: String?, since: String, size: Int64, map: PieceMap, uploaded: Int64, peers: Int,
    left: Int64?, down: Int64?
  ) {
    (self.name, self.hash, self.state, self.reason, self.since) = (name, hash, state, reason, since)
    (self.size, self.map, self.uploaded, self.peers, self.left, self.down) = (size, map, uploaded, peers, left, down)
  }
}

/// One artifact closely, for the status page.
package struct PageArtifactDocument: Codable, Sendable, Hashable {
  package var schema = "granary.page-artifact/1"
  package let artifact: PageArtifact
  package let infoHashV1: String?
  package let infoHashV2: String?
  package let pieceLength: Int
  package let files: Int
  package let `private`: Bool
  package let ssl: Bool
  package let data: String
  package let labels: [String: String]
  package let addedAt: String
  /// When the evidence was won, and how; null where there is none.
  package let verifiedAt: String?
  package let method: String?
  /// What the connected peers have; null where none is connected.
  package let swarm: SwarmMap?
  package let downloaded: Int64?
  package let wasted: Int64?
  package let failedPieces: Int?

  package init(
    artifact: PageArtifact, infoHashV1: String?, infoHashV2: String?, pieceLength: Int, files: Int, isPrivate: Bool, isSSL: Bool,
    data: String, labels: [String: String], addedAt: String, verifiedAt: String?, method: String?, swarm: SwarmMap?, downloaded: Int64?,
    wasted: Int64?, failedPieces: Int?
  ) {
    (self.artifact, self.infoHashV1, self.infoHashV2) = (artifact, infoHashV1, infoHashV2)
    (self.pieceLength, self.files, self.private, self.ssl, self.data) = (pieceLength, files, isPrivate, isSSL, data)
    (self.labels, self.addedAt, self.verifiedAt, self.method, self.swarm) = (labels, addedAt, verifiedAt, method, swarm)
    (self.downloaded, self.wasted, self.failedPieces) = (downloaded, wasted, failedPieces)
  }

  enum CodingKeys: String, CodingKey {
    case schema, artifact, files, `private`, ssl, data, labels, method, swarm, downloaded, wasted
    case infoHashV1 = "info_hash_v1"
    case infoHashV2 = "info_hash_v2"
    case pieceLength = "piece_length"
    case addedAt = "added_at"
    case verifiedAt = "verified_at"
    case failedPieces = "failed_pieces"
  }
}
