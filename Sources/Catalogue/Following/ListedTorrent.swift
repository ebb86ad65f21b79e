package import HTTPClient
internal import Metainfo

extension CatalogueTransport {
  /// The torrent of an entry of the catalogue at a URL: the one that is listed, byte for byte, and of its info-hash and size.
  /// Throws `WrongTorrent` where it is another one.
  package func torrent(of entry: CatalogueEntry, listedAt url: HTTPURL) async throws -> [UInt8] {
    let bytes = try await torrent(try url.resolving(entry.torrent))
    guard SHA256Digest.hash(of: bytes) == entry.torrentDigest else { throw WrongTorrent("it is not the file that the catalogue lists") }
    let torrent = try Torrent.decode(bytes).torrent
    guard torrent.infoHash == entry.infoHash else {
      throw WrongTorrent("its info-hash is \(torrent.infoHash), the catalogue says \(entry.infoHash)")
    }
    guard torrent.layout.contentLength == entry.size else {
      throw WrongTorrent("it is of \(torrent.layout.contentLength) bytes, the catalogue says \(entry.size)")
    }
    return bytes
  }
}

/// A torrent that is not what a catalogue says.
package struct WrongTorrent: Error, CustomStringConvertible {
  package let description: String

  init(_ problem: String) { description = "the torrent is refused: \(problem)" }
}
