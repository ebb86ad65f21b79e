import Inventory
import Metainfo

/// The changes that commands and the node make to artifacts in the inventory.
struct InventoryKeeper: Sendable {
  let database: InventoryDatabase

  /// Takes in what was found. An artifact that is there already gets the new data, labels and evidence.
  func keep(_ found: Found) throws -> (artifact: Artifact, isNew: Bool) {
    let now = Timestamp.now()
    guard let known = try database.artifact(infoHash: found.torrent.infoHash) else {
      let new = NewArtifact(
        torrent: found.torrent, torrentBytes: found.torrentBytes, name: found.name, data: found.data(at: now), labels: found.labels)
      return (try database.add(new, at: now), true)
    }
    if let obstacle = found.obstacle {
      guard known.state != .paused else { return (known, false) }
      // Nothing was read: what is known of the data is as good as before, and is what it is compared with when it is back.
      try database.setState(obstacle == .absent ? .missing : .failed, reason: found.problem ?? "", of: known.id, at: now)
      return (try database.artifact(known.id), false)
    }
    let artifact = try database.replaceData(of: known.id, with: found.data(at: now).leaving(known), at: now)
    try database.replaceTorrent(of: known.id, with: found.torrent, found.torrentBytes)
    guard !found.labels.isEmpty else { return (artifact, false) }
    try database.setLabels(artifact.labels.merging(found.labels) { $1 }, of: artifact.id)
    return (try database.artifact(artifact.id), false)
  }

  /// Takes in what a verification of an artifact found, where the artifact as it is now is the one that was read; nil where it is gone or
  /// another by now: nothing is changed then, and nothing is ever added. Name, labels and torrent stay.
  func update(_ id: ArtifactID, with found: Found, if isMeant: (Holding) -> Bool) throws -> Artifact? {
    let now = Timestamp.now()
    guard let known = try known(id) else { return nil }
    guard let obstacle = found.obstacle else {
      return try database.replaceData(of: id, with: found.data(at: now).leaving(known), at: now) { isMeant($0) && $0.artifact.isAs(known) }
    }
    guard known.state != .paused else { return known }
    return try database.setState(
      obstacle == .absent ? .missing : .failed, reason: found.problem ?? "", of: id, at: now, if: isMeant)
  }

  /// Nil where it is gone.
  private func known(_ id: ArtifactID) throws -> Artifact? {
    do {
      return try database.artifact(id)
    } catch InventoryError.unknownArtifact {
      return nil
    }
  }

  /// As `update`, of what another process has read: it knows the artifact by info-hash, and where its data lay.
  func update(with found: Found) throws -> Artifact? {
    guard let known = try database.artifact(infoHash: found.torrent.infoHash) else { return nil }
    return try update(known.id, with: found) { $0.artifact.dataRoot == found.root && Self.paths(found.torrent, $0.files) == found.paths }
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

extension ArtifactData {
  /// What was taken out of service on purpose comes back by a word alone, whatever is found of its data.
  fileprivate func leaving(_ known: Artifact) -> ArtifactData {
    guard known.state == .paused else { return self }
    var data = self
    (data.state, data.stateReason) = (known.state, known.stateReason)
    return data
  }
}

extension Artifact {
  /// Whether nobody has paused or resumed it since it was the other.
  fileprivate func isAs(_ other: Artifact) -> Bool { (state == .paused) == (other.state == .paused) }
}
