import Catalogue
import Metainfo
import OpenSSL

/// A catalogue as a server sends it, and its document alone.
struct CatalogueTarget: FuzzTarget {
  static let name = "catalogue"
  static let maximumLength = 64 << 10

  func run(_ input: [UInt8]) throws {
    if let catalogue = try? SignedCatalogue(decoding: input) {
      try promise(catalogue.encoded == input, "what is taken has one form")
      try check(catalogue.document, catalogue.envelope.body)
    }
    if let document = try? CatalogueDocument(decoding: input) { try check(document, input) }
    let trust = CatalogueTrust(keys: CatalogueKeys([]), maximumAge: 60)
    try promise((try? trust.accept(input, after: nil, now: 0)) == nil, "nobody is trusted")
  }

  private func check(_ document: CatalogueDocument, _ bytes: [UInt8]) throws {
    try promise(document.encoded == bytes, "what is taken has one form")
    for (one, other) in zip(document.entries, document.entries.dropFirst()) {
      try promise(
        one.name == other.name || NaturalOrder.precedes(one.name, other.name) != NaturalOrder.precedes(other.name, one.name),
        "two names are in one order")
      try promise(!one.family.name.isEmpty, "a family has a name")
    }
  }

  func seeds() throws -> [[UInt8]] {
    let key = try Ed25519.PrivateKey(seed: [UInt8](repeating: 7, count: Ed25519.keyByteCount))
    let entries = ["app-1.9", "app-1.10", "base"].enumerated().map { index, name in
      CatalogueEntry(
        name: name, version: index == 2 ? nil : String(name.dropFirst(4)),
        labels: index == 2 ? ["team": "core", "channel": "stable"] : [:],
        infoHash: InfoHash(
          v1: SHA1Digest.hash(of: Array(name.utf8)), v2: SHA256Digest.hash(of: Array(name.utf8))) ?? InfoHash(v1: .zero),
        size: 1 << 40, published: 1_700_000_000, supersededBy: index == 0 ? SHA256Digest.hash(of: Array("app-1.10".utf8)).bytes : nil,
        torrent: "torrents/a.torrent", torrentDigest: .zero)
    }
    let documents = [
      try CatalogueDocument(name: "depot", serial: 5, date: 1_800_000_000, entries: entries),
      try CatalogueDocument(name: "d", serial: 1, date: 0, entries: []),
    ]
    return try documents.flatMap { document in
      [
        document.encoded, try SignedCatalogue(document, signedBy: key).encoded, try SignedCatalogue(document, signedBy: nil).encoded,
      ]
    }
  }
}
