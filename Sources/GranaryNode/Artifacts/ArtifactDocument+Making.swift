import Control
import Inventory
import Metainfo

extension ArtifactDocument {
  /// A torrent as documents show it.
  init(_ torrent: Torrent, path: String?) {
    self.init(
      name: torrent.name, infoHashV1: torrent.infoHash.v1?.description, infoHashV2: torrent.infoHash.v2?.description,
      pieceLength: torrent.layout.pieceLength, pieceCount: torrent.layout.pieceCount, size: torrent.layout.contentLength,
      isPrivate: torrent.isPrivate,
      files: torrent.layout.files.filter { !$0.isPadding }.map { FileDocument(path: $0.displayPath, length: $0.length) }, torrent: path,
      magnet: torrent.magnet.description, source: torrent.source, trackers: torrent.trackers, webSeeds: torrent.webSeeds)
    sslTorrent = torrent.sslCertificate != nil
    sslRoot = torrent.sslCertificate.flatMap { SSLRoot.subject(of: $0) }
  }

  /// An artifact of the inventory with its torrent.
  init(_ artifact: Artifact, _ torrent: Torrent) {
    self.init(torrent, path: artifact.torrentPath)
    name = artifact.name
    labels = artifact.labels
    state = artifact.state.rawValue
    stateReason = artifact.stateReason.isEmpty ? nil : artifact.stateReason
    verifiedPieces = artifact.verifiedPieces
    data = artifact.dataRoot
  }
}
