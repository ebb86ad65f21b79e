internal import Metainfo

extension CatalogueDocument {
  /// The bytes that are signed: the only ones there are for this document.
  package var encoded: [UInt8] {
    Bencode.dictionary([
      "artifacts": .list(entries.map(\.value)), "date": .integer(date), "name": .string(name), "serial": .integer(serial),
      "version": .integer(Self.version),
    ]).encoded()
  }
}

extension CatalogueEntry {
  fileprivate var value: Bencode {
    var fields: [[UInt8]: Bencode] = [:]
    fields[key: "info_hash_v1"] = (infoHash.v1?.bytes).map { .bytes($0) }
    fields[key: "info_hash_v2"] = (infoHash.v2?.bytes).map { .bytes($0) }
    fields[key: "labels"] = .dictionary(Dictionary(labels.map { (Array($0.key.utf8), Bencode.string($0.value)) }) { $1 })
    fields[key: "name"] = .string(name)
    fields[key: "published"] = .integer(published)
    fields[key: "size"] = .integer(size)
    fields[key: "superseded_by"] = supersededBy.map { .bytes($0) }
    fields[key: "torrent"] = .string(torrent)
    fields[key: "torrent_sha256"] = .bytes(torrentDigest.bytes)
    fields[key: "version"] = version.map { .string($0) }
    return .dictionary(fields)
  }
}

extension [[UInt8]: Bencode] {
  fileprivate subscript(key key: String) -> Bencode? {
    get { self[Array(key.utf8)] }
    set { self[Array(key.utf8)] = newValue }
  }
}
