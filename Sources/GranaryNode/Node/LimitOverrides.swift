import Control
import Settings

/// Rates that an operator has set beside the configuration's: they hold over reloads, until they are reset or the node ends. A value.
struct LimitOverrides: Sendable, Hashable {
  /// The rate that holds; nil inside: none.
  private var rates: [LimitName: Int64?] = [:]

  /// Throws where a rate is less than the configuration could say, or something is set and reset at once.
  mutating func take(_ order: LimitsOrder) throws {
    let (changes, resets) = (order.set ?? [], order.reset ?? [])
    guard !changes.isEmpty || !resets.isEmpty else { throw Failure(.usage, "say what: a rate to set, or one to reset") }
    for change in changes {
      if let rate = change.rate, rate < ByteRate.minimum {
        throw Failure(.usage, "\(change.name.key): the least is 16 KiB/s, one block a second")
      }
      guard changes.count(where: { $0.name == change.name }) == 1, !resets.contains(change.name) else {
        throw Failure(.usage, "\(change.name.key) is set or reset a second time")
      }
    }
    for name in resets { rates.removeValue(forKey: name) }
    for change in changes { rates.updateValue(change.rate, forKey: change.name) }
  }

  /// The limits of a configuration with these in their place.
  func applied(to limits: Limits) -> Limits {
    var limits = limits
    for (name, rate) in rates { limits[keyPath: name.path] = rate.map { ByteRate(bytesPerSecond: $0) } }
    return limits
  }

  func document(_ configured: Limits) -> LimitsDocument {
    let limits = applied(to: configured)
    return LimitsDocument(
      limits: LimitName.allCases.map { name in
        .init(
          name: name, rate: limits[keyPath: name.path]?.bytesPerSecond, configured: configured[keyPath: name.path]?.bytesPerSecond,
          overridden: rates[name] != nil)
      })
  }
}

extension LimitName {
  fileprivate var path: WritableKeyPath<Limits, ByteRate?> {
    switch self {
    case .upload: \.upload
    case .download: \.download
    case .uploadPerArtifact: \.uploadPerArtifact
    case .uploadPerPrincipal: \.uploadPerPrincipal
    }
  }
}

extension LimitsDocument {
  /// What is otherwise than in the configuration, in words.
  var summary: String {
    let changed = limits.filter(\.overridden).map { "\($0.name.key) \($0.words)" }
    return changed.isEmpty ? "all limits are the configuration's" : changed.joined(separator: ", ")
  }
}

extension LimitsDocument.Limit {
  /// The rate in words.
  var words: String { rate.map { "\(ByteText.describe($0))/s" } ?? "no limit" }
}
