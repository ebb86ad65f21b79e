import Control
import Engine
import Inventory
import Metainfo
import Synchronization

/// The artifacts on the status page.
extension NodePage {
  /// Cells of a map in a row, and of one that is looked at closely.
  private static let cellsOfRow = 64
  private static let cellsOfMap = 1024
  /// Peers whose pieces are counted.
  private static let peersCounted = 256

  func artifacts(_ query: ArtifactsQuery) async throws -> PageArtifactsDocument {
    let page = ArtifactPage(query)
    let (sums, found) = try await blocking { [database = node.database] in
      (try database.artifactSums(), try page.map { try database.artifacts(of: $0) } ?? ([], 0))
    }
    let (rows, total) = found
    let fetches = snapshots(rows.map(\.artifact))
    return PageArtifactsDocument(
      states: Dictionary(uniqueKeysWithValues: sums.map { ($0.key.rawValue, .init(count: $0.value.count, size: $0.value.size)) }),
      total: total, offset: query.offset,
      artifacts: rows.map { row in
        let map = map(row.artifact, verified: row.pieces, cells: Self.cellsOfRow)
        return artifact(row.artifact, map, fetches[row.artifact.id.rawValue])
      })
  }

  func artifact(_ infoHash: String) async throws -> PageArtifactDocument? {
    let found = try await blocking { [database = node.database] in try database.closely(infoHash: infoHash) }
    guard let (artifact, evidence) = found else { return nil }
    let id = artifact.id.rawValue
    let pieces = await node.engine.pieces(of: id, peers: Self.peersCounted)
    let fetch = snapshots([artifact])[id]
    let swarm =
      pieces.peers.isEmpty
      ? nil : SwarmMap(pieces.peers, connected: pieces.connected, pieces: artifact.pieceCount, cells: Self.cellsOfMap)
    return PageArtifactDocument(
      artifact: self.artifact(artifact, map(artifact, verified: evidence?.pieces, cells: Self.cellsOfMap), fetch),
      infoHashV1: artifact.infoHash.v1?.description, infoHashV2: artifact.infoHash.v2?.description, pieceLength: artifact.pieceLength,
      files: artifact.fileCount, isPrivate: artifact.isPrivate, isSSL: artifact.isSSL, data: artifact.dataRoot, labels: artifact.labels,
      addedAt: artifact.addedAt.iso8601, verifiedAt: evidence?.verifiedAt.iso8601, method: evidence?.method.rawValue, swarm: swarm,
      downloaded: fetch?.snapshot.downloaded, wasted: fetch?.snapshot.wasted, failedPieces: fetch?.snapshot.failedPieces)
  }

  private typealias Fetching = (snapshot: FetchSnapshot, down: Int64?)

  /// How those that are being fetched stand, and how fast they come.
  private func snapshots(_ artifacts: [Artifact]) -> [Int64: Fetching] {
    var found: [Int64: FetchSnapshot] = [:]
    for artifact in artifacts where artifact.state == .fetching {
      found[artifact.id.rawValue] = node.engine.fetchSnapshot(of: artifact.id.rawValue)
    }
    let counts = found.mapValues { RateBook<Int64>.Count(up: 0, down: $0.downloaded) }
    let rates = fetchRates.withLock { $0.rates(counts, at: .now) }
    return Dictionary(uniqueKeysWithValues: found.map { ($0.key, ($0.value, rates[$0.key]?.down)) })
  }

  /// Of what is being fetched, the pieces that are here; of all else, those that are verified.
  private func map(_ artifact: Artifact, verified: Bitfield?, cells: Int) -> PieceMap {
    if artifact.state == .fetching, let have = node.engine.have(of: artifact.id.rawValue) { return PieceMap(have, cells: cells) }
    if let verified { return PieceMap(verified, cells: cells) }
    return PieceMap(pieces: artifact.pieceCount, held: artifact.verifiedPieces ?? 0)
  }

  private func artifact(_ artifact: Artifact, _ map: PieceMap, _ fetch: Fetching?) -> PageArtifact {
    let id = artifact.id.rawValue
    return PageArtifact(
      name: artifact.name, hash: (artifact.infoHash.v2?.description ?? artifact.infoHash.v1?.description) ?? "",
      state: artifact.state.rawValue, reason: fetch?.snapshot.trouble ?? (artifact.stateReason.isEmpty ? nil : artifact.stateReason),
      since: artifact.stateAt.iso8601, size: artifact.size, map: map, uploaded: node.engine.uploaded(of: id),
      peers: node.engine.peerCount(of: id), left: fetch?.snapshot.bytesLeft, down: fetch?.down)
  }
}

extension ArtifactPage {
  /// Nil where the query wants a state that there is not.
  init?(_ query: ArtifactsQuery) {
    let state = query.state.map { ArtifactState(rawValue: $0) }
    if case .some(.none) = state { return nil }
    let order: Order =
      switch query.order {
      case .name: .name
      case .size: .size
      case .changed: .changed
      case .added: .added
      }
    self.init(
      text: query.text, states: state.flatMap { $0 }.map { [$0] }, order: order, offset: query.offset, limit: ArtifactsQuery.limit)
  }
}
