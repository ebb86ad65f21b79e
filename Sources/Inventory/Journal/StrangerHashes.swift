import Metainfo

/// Keeps a stranger that names info-hash after info-hash from filling the journal: of the hashes that are none of ours, the first few of an
/// address have rows of their own; further ones become one row that counts them and holds the last few in its facts. A value.
struct StrangerHashes {
  /// Hashes of an address that have rows of their own.
  static let ownRows = 4
  /// Hashes that the common row remembers.
  static let remembered = 8
  /// After so long without a refusal the address begins anew.
  static let quiet = Duration.seconds(600)
  /// The common row counts for so long, then another begins.
  static let window = Duration.seconds(3600)
  private static let capacity = 4096

  private struct Key: Hashable {
    let address: String
    let operation: String
    let verdict: String
    let plugin: String?
  }

  private struct Stranger {
    var own: [SHA1Digest] = []
    var latest: [SHA1Digest] = []
    var lastAt: Timestamp
  }

  private var strangers: [Key: Stranger] = [:]

  /// The entry as it is to be stored: itself, or as one of many.
  mutating func digest(_ entry: JournalEntry) -> JournalEntry {
    guard entry.isRefusal, entry.artifact == nil, let hash = entry.infoHash, let address = entry.address else { return entry }
    let key = Key(address: address, operation: entry.operation, verdict: entry.verdict, plugin: entry.plugin)
    var stranger = strangers.removeValue(forKey: key) ?? Stranger(lastAt: entry.at)
    if entry.at >= stranger.lastAt.advanced(by: Self.quiet) { stranger = Stranger(lastAt: entry.at) }
    stranger.lastAt = max(stranger.lastAt, entry.at)
    let isOwn = stranger.own.contains(hash) || stranger.own.count < Self.ownRows
    if isOwn {
      if !stranger.own.contains(hash) { stranger.own.append(hash) }
    } else {
      stranger.latest.removeAll { $0 == hash }
      stranger.latest = stranger.latest.suffix(Self.remembered - 1) + [hash]
    }
    makeRoom(at: entry.at)
    strangers[key] = stranger
    return isOwn ? entry : entry.oneOfMany(stranger.latest)
  }

  private mutating func makeRoom(at now: Timestamp) {
    guard strangers.count >= Self.capacity else { return }
    strangers = strangers.filter { now < $0.value.lastAt.advanced(by: Self.quiet) }
    // Thousands of strangers at once: each begins anew, and the journal's own bound holds.
    if strangers.count >= Self.capacity { strangers = [:] }
  }
}

extension JournalEntry {
  /// The entry as one of many that differ in the info-hash only; the latest of these are its facts.
  fileprivate func oneOfMany(_ latest: [SHA1Digest]) -> JournalEntry {
    let hashes = latest.map { "\"\($0.description)\"" }.joined(separator: ",")
    var entry = JournalEntry(
      at: at, verdict: verdict, isRefusal: isRefusal, operation: operation, principal: principal, address: address, plugin: plugin,
      rule: rule, reason: (reason ?? "") + " (one of many; the last ones are in the facts)", place: place,
      policyGeneration: policyGeneration, facts: "{\"info_hashes\":[\(hashes)]}")
    entry.isDigest = true
    return entry
  }
}
