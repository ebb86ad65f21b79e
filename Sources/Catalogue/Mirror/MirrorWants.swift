internal import Metainfo

/// What the rules want of all catalogues together.
struct MirrorWants {
  struct Want {
    let entry: CatalogueEntry
    let source: MirrorSource
    let rank: Int
    let isPinned: Bool
    let reason: String
  }

  private(set) var wants: [Want] = []
  /// By each info-hash in full.
  private var indices: [[UInt8]: Int] = [:]

  init(_ sources: [MirrorSource]) {
    // Those that are followed first: where two list the same artifact, it is had from one that can be.
    for source in sources.filter({ $0.hindrance == nil }) + sources.filter({ $0.hindrance != nil }) {
      for rule in source.rules { take(rule, of: source) }
    }
  }

  func want(_ infoHash: InfoHash) -> Want? {
    infoHash.allBytes.compactMap { indices[$0] }.map { wants[$0] }.first { $0.entry.infoHash.shares(infoHash) }
  }

  /// What is wanted of a family of a source.
  func wants(of family: ArtifactFamily, _ source: MirrorSource) -> [Want] {
    wants.filter { $0.source.url == source.url && $0.entry.family.name == family.name }
  }

  private mutating func take(_ rule: MirrorRule, of source: MirrorSource) {
    guard let document = source.document else { return }
    let foreign = Self.succeededAbroad(document)
    let candidates = document.entries.filter { rule.takes($0) }
    for family in Dictionary(grouping: candidates, by: \.family.name).values {
      let versions = family.filter { !foreign.contains($0.infoHash.catalogueName) }.sorted(by: Self.isNewer)
      for (rank, entry) in versions.enumerated() {
        let isPinned = rule.pins(entry.name)
        guard isPinned || rank < rule.keep ?? .max else { continue }
        put(Want(entry: entry, source: source, rank: rank, isPinned: isPinned, reason: Self.reason(entry, rank, isPinned, rule)))
      }
      for entry in family where foreign.contains(entry.infoHash.catalogueName) && rule.pins(entry.name) {
        put(Want(entry: entry, source: source, rank: versions.count, isPinned: true, reason: Self.reason(entry, 0, true, rule)))
      }
    }
  }

  /// The same artifact may be wanted by several rules: the best rank counts, and a pin holds.
  private mutating func put(_ want: Want) {
    guard let index = want.entry.infoHash.allBytes.compactMap({ indices[$0] }).first else {
      for hash in want.entry.infoHash.allBytes { indices[hash] = wants.count }
      return wants.append(want)
    }
    let known = wants[index]
    wants[index] = Want(
      entry: known.entry, source: known.source, rank: min(known.rank, want.rank), isPinned: known.isPinned || want.isPinned,
      reason: want.rank < known.rank ? want.reason : known.reason)
  }

  private static func reason(_ entry: CatalogueEntry, _ rank: Int, _ isPinned: Bool, _ rule: MirrorRule) -> String {
    if isPinned { return "pinned" }
    guard let keep = rule.keep else { return "every version of \(entry.family) is kept" }
    return rank == 0 ? "the newest version of \(entry.family)" : "number \(rank + 1) of the \(keep) newest versions of \(entry.family)"
  }

  /// The newest version first; of equal versions, what was published last.
  static func isNewer(_ one: CatalogueEntry, _ other: CatalogueEntry) -> Bool {
    let (mine, theirs) = (one.family.version, other.family.version)
    if mine != theirs { return NaturalOrder.precedes(theirs, mine) }
    if one.published != other.published { return one.published > other.published }
    return other.infoHash.catalogueName.lexicographicallyPrecedes(one.infoHash.catalogueName)
  }

  /// Those that something of another family takes the place of: no version of theirs is new any more. Of two that would succeed each other both
  /// stay.
  static func succeededAbroad(_ document: CatalogueDocument) -> Set<[UInt8]> {
    let byHash = Dictionary(document.entries.flatMap { entry in entry.infoHash.allBytes.map { ($0, entry) } }) { first, _ in first }
    func successor(of entry: CatalogueEntry) -> CatalogueEntry? {
      entry.supersededBy.flatMap { byHash[$0] }.flatMap { $0.family.name == entry.family.name ? nil : $0 }
    }
    return Set(
      document.entries.filter { entry in successor(of: entry).map { successor(of: $0) == nil } ?? false }.map(\.infoHash.catalogueName))
  }
}
