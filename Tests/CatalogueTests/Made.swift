import Metainfo
import OpenSSL

@testable import Catalogue

/// Entries and catalogues for tests.
enum Made {
  static let key = try! Ed25519.PrivateKey(seed: [UInt8](repeating: 1, count: 32))
  static let otherKey = try! Ed25519.PrivateKey(seed: [UInt8](repeating: 2, count: 32))
  static let noon: Int64 = 1_795_435_200

  static func hash(_ name: String) -> InfoHash { InfoHash(v2: SHA256Digest.hash(of: Array(name.utf8))) }

  /// Published at noon; its info-hash is the digest of its name.
  static func entry(
    _ name: String, version: String? = nil, labels: [String: String] = [:], size: Int64 = 100, published: Int64 = noon,
    supersededBy: String? = nil, torrent: String = "torrents/a.torrent"
  ) -> CatalogueEntry {
    CatalogueEntry(
      name: name, version: version, labels: labels, infoHash: hash(name), size: size, published: published,
      supersededBy: supersededBy.map { hash($0).catalogueName }, torrent: torrent,
      torrentDigest: SHA256Digest.hash(of: Array("torrent of \(name)".utf8)))
  }

  static func document(
    _ entries: [CatalogueEntry] = [entry("app-1.9"), entry("app-1.10")], name: String = "depot", serial: Int64 = 5, date: Int64 = noon
  ) -> CatalogueDocument { try! CatalogueDocument(name: name, serial: serial, date: date, entries: entries) }

  static func signed(_ document: CatalogueDocument = document(), by key: Ed25519.PrivateKey? = key) -> SignedCatalogue {
    try! SignedCatalogue(document, signedBy: key)
  }

  /// Mirrored from `Made.url` unless said otherwise.
  static func held(
    _ name: String, size: Int64 = 100, isComplete: Bool = true, lastServed: Int64? = nil, origin: String? = url, unwanted: Int64? = nil
  ) -> HeldArtifact {
    HeldArtifact(
      infoHash: hash(name), name: name, size: size, isComplete: isComplete, lastServed: lastServed,
      origin: origin.map { HeldArtifact.Origin(catalogue: $0, unwantedSince: unwanted) })
  }

  static let url = "http://depot.corp/catalogue"
}
