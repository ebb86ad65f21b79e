internal import PluginKit

/// An identity that may connect, and where that is said.
struct AllowlistIdentity: Sendable {
  let pattern: IdentityPattern
  /// `identities[2]` or `file:12`.
  let rule: String
  /// `FILE:LINE:COLUMN` or `FILE:LINE`, where it is known.
  let place: String?
  let note: Note

  /// The entries of the settings. Every problem goes to `problems`.
  static func entries(_ settings: [Placed<AllowlistIdentitySettings>], problems: inout [SettingsProblem]) -> [AllowlistIdentity] {
    var entries: [AllowlistIdentity] = []
    for (index, setting) in settings.enumerated() {
      let rule = "identities[\(index)]"
      do throws(SettingsProblem) {
        let pattern = try IdentityPattern(setting.value.identity)
        entries.append(AllowlistIdentity(pattern: pattern, rule: rule, place: setting.place, note: try setting.value.note.compiled()))
      } catch {
        problems.append(SettingsProblem("\(rule): \(error.message)", place: error.place ?? setting.place))
      }
    }
    return entries
  }
}

/// The identities of a list.
struct AllowlistIdentities: Sendable {
  let entries: [AllowlistIdentity]

  /// What the list says of a peer. On a link that does not stand yet nothing is known, and nothing is refused.
  func judge(_ facts: PeerFacts) -> Verdict {
    guard !facts.link.isSecuring else { return .allow("its identity is not known yet") }
    let matches = entries.lazy.compactMap { entry in facts.identities.first(where: entry.pattern.matches).map { (entry, $0) } }
    if let (entry, identity) = matches.first(where: { $0.0.note.holds(at: facts.now) }) {
      return .allow(
        entry.note.explain("\(identity) is \(entry.pattern)"), rule: entry.rule, place: entry.place, validUntil: entry.note.until)
    }
    // What a peer proves in words comes after the handshakes.
    if entries.contains(where: { facts.mayStillProve($0.pattern) }) { return .allow("its identity is not known yet") }
    guard !facts.identities.isEmpty else { return .deny("the link proves no identity, and the allowlist wants one") }
    if let (ended, identity) = matches.first {
      return .deny("\(identity) is \(ended.pattern), but that entry \(ended.note.ending)", rule: ended.rule, place: ended.place)
    }
    let names = facts.identities.prefix(Self.named).map(\.description).joined(separator: ", ")
    return .unmatched(entries.isEmpty ? "the allowlist's identities are empty: they allow nobody" : "not in the allowlist: \(names)")
  }

  /// How many of a peer's identities a refusal names.
  private static let named = 4
}
