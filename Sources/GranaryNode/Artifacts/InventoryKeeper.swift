import Inventory
import Metainfo

/// The changes that commands and the node make to artifacts in the inventory.
struct InventoryKeeper: Sendable {
  let database: InventoryDatabase

  /// Takes in what was found. An artifact that is there already gets the new data, labels and evidence.
  func keep(_ found: Found) throws -> (artifact: Artifact, isNew: Bool) {
    let now = Timestamp.now()
    let data = found.data(at: now)
    guard let known = try database.artifact(infoHash: found.torrent.infoHash) else {
      let new = NewArtifact(
        torrent: found.torrent, torrentBytes: found.torrentBytes, name: found.name, data: data, labels: found.labels)
      return (try database.add(new, at: now), true)
    }
    let artifact = try database.replaceData(of: known.id, with: data, at: now)
    try database.replaceTorrent(of: known.id, with: found.torrent, found.torrentBytes)
    guard !found.labels.isEmpty else { return (artifact, false) }
    try database.setLabels(artifact.labels.merging(found.labels) { $1 }, of: artifact.id)
    return (try database.artifact(artifact.id), false)
  }

  /// The torrent of an artifact.
  func torrent(of id: ArtifactID) throws -> (torrent: Torrent, bytes: [UInt8]) {
    let bytes = try database.torrent(of: id)
    return (try Torrent.decode(bytes).torrent, bytes)
  }

  /// Where each file of the torrent lies, by file index.
  static func paths(_ torrent: Torrent, _ files: [ArtifactFile]) -> [[String]] {
    var paths = [[String]](repeating: [], count: torrent.layout.files.count)
    for file in files where paths.indices.contains(file.index) {
      paths[file.index] = file.path.split(separator: "/").map(String.init)
    }
    return paths
  }
}
