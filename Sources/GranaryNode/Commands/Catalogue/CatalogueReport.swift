import Catalogue
import Inventory
import Metainfo

/// A catalogue as commands show it.
struct CatalogueReport: Encodable {
  struct Entry: Encodable {
    let name: String
    let version: String?
    let family: String
    let labels: [String: String]
    let infoHashV1: String?
    let infoHashV2: String?
    let size: Int64
    let published: String
    let supersededBy: String?
    let torrent: String
    let torrentSHA256: String

    enum CodingKeys: String, CodingKey {
      case name, version, family, labels, size, published, torrent
      case infoHashV1 = "info_hash_v1"
      case infoHashV2 = "info_hash_v2"
      case supersededBy = "superseded_by"
      case torrentSHA256 = "torrent_sha256"
    }

    init(_ entry: CatalogueEntry) {
      (name, version, family, labels) = (entry.name, entry.version, entry.family.name, entry.labels)
      (infoHashV1, infoHashV2) = (entry.infoHash.v1?.description, entry.infoHash.v2?.description)
      (size, torrent, torrentSHA256) = (entry.size, entry.torrent, entry.torrentDigest.description)
      published = Timestamp(seconds: entry.published).iso8601
      supersededBy = entry.supersededBy.map { Hex.encode($0) }
    }
  }

  let schema: String
  let name: String
  let serial: Int64
  let date: String
  /// The id of the key that it says it is signed with; null where it is not signed.
  let key: String?
  /// Whether one of the keys that were given has signed it; null where none was given.
  let trusted: Bool?
  let artifacts: [Entry]

  init(_ catalogue: SignedCatalogue, command: String, isTrusted: Bool?) {
    let document = catalogue.document
    schema = "granary.catalogue.\(command)/1"
    (name, serial, date) = (document.name, document.serial, Timestamp(seconds: document.date).iso8601)
    (key, trusted) = (catalogue.envelope.signature?.key.description, isTrusted)
    artifacts = document.entries.map { Entry($0) }
  }

  enum CodingKeys: String, CodingKey { case schema, name, serial, date, key, trusted, artifacts }

  /// Null is written, not left out.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(name, forKey: .name)
    try container.encode(serial, forKey: .serial)
    try container.encode(date, forKey: .date)
    try container.encode(key, forKey: .key)
    try container.encode(trusted, forKey: .trusted)
    try container.encode(artifacts, forKey: .artifacts)
  }

  func print() {
    let names = Dictionary(artifacts.flatMap { one in [one.infoHashV1, one.infoHashV2].compactMap { $0 }.map { ($0, one.name) } }) { $1 }
    Console.print("\(escaped(name)), serial \(serial), \(date)")
    let signature = key.map { "signed with the key \($0)" } ?? "not signed"
    Console.print(signature + (trusted.map { $0 ? ", which is trusted" : ", by none of the keys given" } ?? ", which was not checked"))
    for artifact in artifacts {
      let successor = artifact.supersededBy.flatMap { names[$0] }.map { "  superseded by \(escaped($0))" } ?? ""
      let hash = artifact.infoHashV2 ?? artifact.infoHashV1 ?? ""
      Console.print("\(hash.prefix(16))  \(ByteText.describe(artifact.size))  \(escaped(artifact.name))\(successor)")
    }
  }
}
