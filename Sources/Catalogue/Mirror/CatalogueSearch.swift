internal import Metainfo

extension CatalogueDocument {
  /// What a person asks for does not say which artifact is meant.
  package struct Ambiguity: Error, Hashable, Sendable, CustomStringConvertible {
    package let asked: String
    /// What it may mean.
    package let choices: [String]

    package var description: String {
      let shown = choices.prefix(8).joined(separator: ", ")
      return "'\(asked)' may mean any of \(choices.count): \(shown)\(choices.count > 8 ? ", …" : "")"
    }
  }

  /// The artifact that a person calls so: by its name; by an info-hash in full or a start of one with 8 digits or more; or by a pattern such as
  /// `app-*`, of which the newest version is meant. Nil where there is none.
  package func find(_ asked: String) throws(Ambiguity) -> CatalogueEntry? {
    let named = entries.filter { $0.name == asked }
    if let newest = newest(of: named) { return newest }
    let hashed = entries.filter { Self.isHash(asked, of: $0) }
    guard hashed.count < 2 else { throw Ambiguity(asked: asked, choices: hashed.map { Hex.encode($0.infoHash.catalogueName) }) }
    if let only = hashed.first { return only }
    let pattern = NamePattern(asked)
    let matching = entries.filter { pattern.matches($0.name) }
    let families = Set(matching.map(\.family.name))
    // What another family has taken the place of is not what is asked for.
    let foreign = MirrorWants.succeededAbroad(self)
    let current = matching.filter { !foreign.contains($0.infoHash.catalogueName) }
    let currentFamilies = Set(current.map(\.family.name))
    guard currentFamilies.count < 2 else { throw Ambiguity(asked: asked, choices: currentFamilies.sorted(by: NaturalOrder.precedes)) }
    if let newest = newest(of: current) { return newest }
    guard families.count < 2 else { throw Ambiguity(asked: asked, choices: families.sorted(by: NaturalOrder.precedes)) }
    return newest(of: matching)
  }

  private func newest(of entries: [CatalogueEntry]) -> CatalogueEntry? { entries.min(by: MirrorWants.isNewer) }

  private static func isHash(_ asked: String, of entry: CatalogueEntry) -> Bool {
    guard asked.utf8.count >= 8 else { return false }
    return entry.infoHash.allBytes.contains { Hex.encode($0).hasPrefix(asked.lowercased()) }
  }
}
