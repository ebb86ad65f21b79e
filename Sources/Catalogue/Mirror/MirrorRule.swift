/// What a replica takes of a catalogue, and for how long.
package struct MirrorRule: Hashable, Sendable {
  /// Names that are taken; empty: none.
  package var take: [NamePattern]
  /// All of these labels an artifact must have.
  package var labels: [String: String]
  /// How many versions of each family are kept, the newest; nil for all.
  package var keep: Int?
  /// Names of which nothing goes, whatever else is said.
  package var pin: [NamePattern]
  /// Seconds for which what is not wanted any more stays.
  package var grace: Int64
  /// `FILE:LINE:COLUMN`.
  package var place: String?

  package init(
    take: [NamePattern], labels: [String: String] = [:], keep: Int? = nil, pin: [NamePattern] = [], grace: Int64 = 86_400,
    place: String? = nil
  ) {
    (self.take, self.labels, self.keep, self.pin, self.grace, self.place) = (take, labels, keep, pin, max(0, grace), place)
  }

  /// Whether an entry is of those that are counted.
  func takes(_ entry: CatalogueEntry) -> Bool {
    take.contains { $0.matches(entry.name) } && labels.allSatisfy { entry.labels[$0.key] == $0.value }
  }

  func pins(_ name: String) -> Bool { pin.contains { $0.matches(name) } }
}

/// A catalogue that is followed, and how that stands.
package struct MirrorSource: Sendable {
  package enum Standing: Sendable {
    /// This was accepted, and is fresh.
    case followed(CatalogueDocument)
    /// It cannot be had, or what came was refused. What was accepted last still says what is wanted; nothing is fetched or retired by it.
    case failing(CatalogueDocument?, reason: String)
    /// What was accepted last is not signed by a key that is trusted now, and nothing else was accepted since: what came by it is not served.
    case untrusted(reason: String)
    /// The operator wants nothing done by it.
    case paused(CatalogueDocument?)
  }

  package let url: String
  package let rules: [MirrorRule]
  package let standing: Standing

  package init(url: String, rules: [MirrorRule], standing: Standing) {
    (self.url, self.rules, self.standing) = (url, rules, standing)
  }

  var document: CatalogueDocument? {
    switch standing {
    case .followed(let document): document
    case .failing(let document, _), .paused(let document): document
    case .untrusted: nil
    }
  }

  var isUntrusted: Bool { if case .untrusted = standing { true } else { false } }

  /// Why nothing is done by it; nil where it is followed.
  var hindrance: String? {
    switch standing {
    // Most likely its publisher has lost its inventory.
    case .followed(let document): document.entries.isEmpty ? "its catalogue is empty, which retires nothing" : nil
    case .failing(_, let reason), .untrusted(let reason): "its catalogue cannot be relied on now: \(reason)"
    case .paused: "its mirror is paused"
    }
  }
}
