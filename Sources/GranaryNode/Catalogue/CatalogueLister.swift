import Catalogue
import Inventory
import Metainfo
import PluginKit
import Settings

/// Makes entries of the inventory's artifacts.
struct CatalogueLister: Sendable {
  /// An artifact that is listed, with what policy knows of it.
  struct Listed: Sendable {
    let entry: CatalogueEntry
    let facts: ArtifactFacts
    /// Bytes of its .torrent.
    let torrentLength: Int
  }

  let database: InventoryDatabase
  let settings: NodeSettings.Catalogue

  /// What tells one state of the inventory from another, as far as a catalogue shows it.
  func fingerprint(_ artifacts: [Artifact]) -> Int {
    var hasher = Hasher()
    hasher.combine(settings)
    hasher.combine(artifacts)
    return hasher.finalize()
  }

  /// The artifacts that the settings choose. One that is not ready is listed where it was before: replicas would take a publisher's lost disk for
  /// artifacts that are gone. One of which not all is there is listed once it is.
  func chosen(_ listedBefore: Set<String>) throws -> [Artifact] {
    try database.artifacts().filter { artifact in
      guard settings.lists(artifact) else { return false }
      let isWhole = artifact.state == .ready && artifact.verifiedPieces == artifact.pieceCount
      return isWhole || listedBefore.contains(artifact.infoHash.catalogueText)
    }
  }

  /// Reads their torrents. Those that no catalogue can hold are left out, with the reason.
  func list(_ artifacts: [Artifact]) -> (listed: [Listed], problems: [String]) {
    var (listed, problems): ([Listed], [String]) = ([], [])
    for artifact in artifacts {
      do {
        let bytes = try database.torrent(of: artifact.id)
        let torrent = try Torrent.decode(bytes).torrent
        let entry = Self.entry(artifact, bytes)
        _ = try CatalogueDocument(name: settings.name, serial: 1, date: 0, entries: [entry])
        listed.append(Listed(entry: entry, facts: ArtifactFacts(artifact, torrent), torrentLength: bytes.count))
      } catch {
        problems.append("\(artifact.name) is not in the catalogue: \(error)")
      }
    }
    return (Self.withSuccessors(listed.sorted(by: Self.order)), problems)
  }

  private static func entry(_ artifact: Artifact, _ torrent: [UInt8]) -> CatalogueEntry {
    let family = ArtifactFamily(name: artifact.name, version: artifact.labels["version"])
    return CatalogueEntry(
      name: artifact.name, version: family.version.isEmpty ? nil : family.version, labels: artifact.labels, infoHash: artifact.infoHash,
      size: artifact.size, published: max(0, artifact.addedAt.nanoseconds / 1_000_000_000),
      torrent: "torrents/\(artifact.infoHash.catalogueText).torrent", torrentDigest: SHA256Digest.hash(of: torrent))
  }

  /// By family, and the oldest version first.
  private static func order(_ one: Listed, _ other: Listed) -> Bool {
    let (mine, theirs) = (one.entry.family, other.entry.family)
    if mine.name != theirs.name { return NaturalOrder.precedes(mine.name, theirs.name) }
    if mine.version != theirs.version { return NaturalOrder.precedes(mine.version, theirs.version) }
    return one.entry.infoHash.catalogueName.lexicographicallyPrecedes(other.entry.infoHash.catalogueName)
  }

  /// Each version is superseded by the next of its family; what has a label `superseded-by`, by the artifact of that name or info-hash.
  private static func withSuccessors(_ listed: [Listed]) -> [Listed] {
    let byName = Dictionary(listed.map { ($0.entry.name, $0.entry.infoHash.catalogueName) }) { $1 }
    let byHash = Dictionary(
      listed.flatMap { one in one.entry.infoHash.allBytes.map { (Hex.encode($0), one.entry.infoHash.catalogueName) } }
    ) { $1 }
    return listed.enumerated().map { index, one in
      let label = one.entry.labels["superseded-by"].flatMap { byHash[$0.lowercased()] ?? byName[$0] }
      let next = index + 1 < listed.count && listed[index + 1].entry.family.name == one.entry.family.name ? listed[index + 1] : nil
      let isVersion = next.map { $0.entry.family.version != one.entry.family.version } ?? false
      let successor = label ?? (isVersion ? next?.entry.infoHash.catalogueName : nil)
      guard let successor, successor != one.entry.infoHash.catalogueName else { return one }
      return Listed(entry: one.entry.superseded(by: successor), facts: one.facts, torrentLength: one.torrentLength)
    }
  }
}

extension InfoHash {
  /// The hexadecimal digits by which a catalogue's files are named: of v2's info-hash, else v1's.
  var catalogueText: String { Hex.encode(catalogueName) }
}

extension NodeSettings.Catalogue {
  fileprivate func lists(_ artifact: Artifact) -> Bool {
    artifacts?.contains { ArtifactPattern($0).matches(name: artifact.name, infoHash: artifact.infoHash) } ?? true
  }
}
