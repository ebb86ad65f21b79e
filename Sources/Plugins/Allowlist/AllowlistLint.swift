package import PluginKit

/// What `policy lint` finds in an allowlist.
extension AllowlistPlugin {
  package func findings(_ survey: PolicySurvey) -> [PolicyFinding] {
    empty + expired(survey) + unreachable + withoutIdentity(survey)
  }

  private var empty: [PolicyFinding] {
    (isAboutAddresses && entries.isEmpty ? [PolicyFinding(.empty, "the allowlist is empty: nobody may connect")] : [])
      + (identities?.entries.isEmpty == true ? [PolicyFinding(.empty, "the allowlist is empty: nobody may connect")] : [])
  }

  private func expired(_ survey: PolicySurvey) -> [PolicyFinding] {
    let all = entries.map { ($0.rule, $0.note, $0.place) } + (identities?.entries ?? []).map { ($0.rule, $0.note, $0.place) }
    return all.filter { !$0.1.holds(at: survey.now) }.map { rule, note, place in
      PolicyFinding(.expired, "allowlist \(rule) \(note.ending): remove it, or write another until", place: place)
    }
  }

  /// Entries within the network of an earlier one without an end.
  private var unreachable: [PolicyFinding] {
    let lasting = entries.map { $0.note.until == nil }
    return entries.indices.compactMap { index in
      let entry = entries[index]
      guard let earlier = table.networks(around: entry.network).first(where: { $0 < index && lasting[$0] }) else { return nil }
      return PolicyFinding(
        .unreachable, "allowlist \(entry.rule) adds nothing: \(entry.network) is in \(entries[earlier].network), \(entries[earlier].rule)",
        place: entry.place)
    }
  }

  private func withoutIdentity(_ survey: PolicySurvey) -> [PolicyFinding] {
    guard let listener = survey.plainListeners.first else { return [] }
    let proven = (identities?.entries ?? []).filter { $0.pattern.trustEntry != Identity.conversationTrust }
    guard let first = proven.first else { return [] }
    return [
      PolicyFinding(
        .plainListener, "the allowlist wants identities, and peers at the plain listener \(listener) prove none", place: first.place)
    ]
  }
}
