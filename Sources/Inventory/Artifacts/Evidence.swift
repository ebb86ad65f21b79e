import Metainfo

/// That pieces were found to be what the torrent says. It holds only as long as the files' identities are those it was stored with.
package struct Evidence: Hashable, Sendable {
  /// How it was come by.
  package enum Method: String, Hashable, Sendable {
    /// We hashed the data to make the torrent.
    case hashed
    /// We checked the data against an existing torrent.
    case verified
  }

  /// The verified pieces; has a bit for each of the artifact's.
  package let pieces: Bitfield
  package let verifiedAt: Timestamp
  package let method: Method

  package init(pieces: Bitfield, verifiedAt: Timestamp, method: Method) {
    (self.pieces, self.verifiedAt, self.method) = (pieces, verifiedAt, method)
  }
}
