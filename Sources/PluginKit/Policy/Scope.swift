/// What of an artifact a verdict about `request` covers.
public enum Scope: Sendable, Hashable {
  /// All of it.
  case everything
  /// Some of its pieces or files.
  case part(PartialScope)

  /// What both scopes cover.
  public func intersection(_ other: Scope) -> Scope {
    switch (self, other) {
    case (.everything, let rest), (let rest, .everything): rest
    case (.part(let one), .part(let two)): .part(one.intersection(two))
    }
  }

  /// Whether nothing is covered. An artifact without a byte is covered by `everything` all the same.
  public var isEmpty: Bool {
    switch self {
    case .everything: false
    case .part(let part): part.isEmpty
    }
  }
}
