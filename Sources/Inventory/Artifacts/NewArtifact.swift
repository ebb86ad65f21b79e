import Metainfo

/// An artifact on its way into the inventory.
package struct NewArtifact: Sendable {
  package let torrent: Torrent
  /// The .torrent file, byte for byte.
  package let torrentBytes: [UInt8]
  /// The operator's name for it.
  package let name: String
  package let data: ArtifactData
  package let labels: [String: String]

  /// `name` is the torrent's where none is given.
  package init(torrent: Torrent, torrentBytes: [UInt8], name: String? = nil, data: ArtifactData, labels: [String: String] = [:]) {
    (self.torrent, self.torrentBytes, self.name) = (torrent, torrentBytes, name ?? torrent.name)
    (self.data, self.labels) = (data, labels)
  }
}
