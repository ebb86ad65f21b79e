internal import Metainfo

extension CatalogueDocument {
  /// Reads what `encoded` writes, and nothing else: unknown keys and other versions are refused. Throws with the place of what is wrong.
  package init(decoding bytes: [UInt8]) throws(CatalogueError) {
    let value: Bencode
    do throws(BencodeError) {
      value = try Bencode.decode(bytes, limits: CatalogueLimits.body)
    } catch {
      throw CatalogueError(error)
    }
    var fields = try CatalogueFields(value, at: "")
    // First: what a later version means by the other keys is not for us to say.
    let version = try fields.integer("version")
    guard version == Self.version else { throw CatalogueError("version", "version \(version) of the format is not known here") }
    let (name, serial, date) = (try fields.text("name"), try fields.integer("serial"), try fields.integer("date"))
    guard let list = try fields.take("artifacts").list else { throw CatalogueError("artifacts", "expected a list") }
    guard list.count <= CatalogueLimits.entries else { throw CatalogueError("artifacts", "more than \(CatalogueLimits.entries) artifacts") }
    try fields.end()
    var entries: [CatalogueEntry] = []
    entries.reserveCapacity(list.count)
    for (index, value) in list.enumerated() { entries.append(try CatalogueEntry(value, at: "artifacts[\(index)]")) }
    try self.init(name: name, serial: serial, date: date, entries: entries)
  }
}

extension CatalogueEntry {
  fileprivate init(_ value: Bencode, at place: String) throws(CatalogueError) {
    var fields = try CatalogueFields(value, at: place)
    let v1 = try fields.bytesIfPresent("info_hash_v1", [SHA1Digest.byteCount]).flatMap { SHA1Digest($0) }
    let v2 = try fields.bytesIfPresent("info_hash_v2", [SHA256Digest.byteCount]).flatMap { SHA256Digest($0) }
    guard let infoHash = InfoHash(v1: v1, v2: v2) else { throw CatalogueError(place, "there is no info-hash") }
    guard let digest = try fields.bytesIfPresent("torrent_sha256", [SHA256Digest.byteCount]).flatMap({ SHA256Digest($0) }) else {
      throw CatalogueError(fields.place(of: "torrent_sha256"), "the key is missing")
    }
    self.init(
      name: try fields.text("name"), version: try fields.textIfPresent("version"),
      labels: try Self.labels(try fields.take("labels"), fields.place(of: "labels")), infoHash: infoHash,
      size: try fields.integer("size"), published: try fields.integer("published"),
      supersededBy: try fields.bytesIfPresent("superseded_by", [SHA1Digest.byteCount, SHA256Digest.byteCount]),
      torrent: try fields.text("torrent"), torrentDigest: digest)
    try fields.end()
  }

  private static func labels(_ value: Bencode, _ place: String) throws(CatalogueError) -> [String: String] {
    guard let values = value.dictionary else { throw CatalogueError(place, "expected a dictionary") }
    guard values.count <= CatalogueLimits.labels else { throw CatalogueError(place, "more than \(CatalogueLimits.labels) labels") }
    var labels: [String: String] = [:]
    for (key, value) in values {
      let key = try CatalogueFields.text(.bytes(key), place)
      // Keys that are different bytes may be one text to us.
      guard labels.updateValue(try CatalogueFields.text(value, place), forKey: key) == nil else {
        throw CatalogueError(place, "two labels have the same key")
      }
    }
    return labels
  }
}

extension CatalogueError {
  init(_ error: BencodeError) {
    let text = "\(error)"
    let prefix = "byte \(error.offset): "
    self.init("byte \(error.offset)", text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text)
  }
}
