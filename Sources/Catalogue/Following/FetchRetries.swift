/// When fetches of a mirror that have failed are tried again: after a minute, and after each failure twice as late, up to an hour.
struct FetchRetries: Sendable {
  private struct Standing {
    var failures: Int
    /// Seconds since 1970.
    var due: Int64
  }

  static let first: Int64 = 60
  static let longest: Int64 = 3600

  private var standings: [[UInt8]: Standing] = [:]

  /// Those of the failed ones that are tried now. `held`: all that is here, so that what is whole or gone is forgotten.
  mutating func due(_ failed: [HeldArtifact], held: [HeldArtifact], now: Int64) -> [HeldArtifact] {
    let unfinished = Set(held.filter { !$0.isComplete }.map(\.infoHash.catalogueName))
    standings = standings.filter { unfinished.contains($0.key) }
    return failed.filter { isDue($0.infoHash.catalogueName, now) }
  }

  private mutating func isDue(_ name: [UInt8], _ now: Int64) -> Bool {
    guard let known = standings[name] else {
      standings[name] = Standing(failures: 1, due: now + Self.first)
      return false
    }
    guard known.due <= now else { return false }
    let pause = min(Self.longest, Self.first << min(known.failures, 10))
    standings[name] = Standing(failures: known.failures + 1, due: now + pause)
    return true
  }
}
