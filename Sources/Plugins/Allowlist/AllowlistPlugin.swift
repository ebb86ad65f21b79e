package import PluginKit

/// Guards `connect`: peers whose address is in a list may connect, in either direction; where identities are listed too, those that prove one
/// of them. An empty list allows nobody.
///
/// The list is the settings' `addresses`, then the lines of `file`; the first entry that holds the address is the one named.
/// The file is read when the plugin is made: a reload makes the plugin anew.
package struct AllowlistPlugin: Plugin {
  package static let name = "allowlist"
  package static let summary = "guards connect: peers at the addresses and networks of a list, or with its identities"
  package static let hooks: [Hook] = [.judge]

  package let guards: Set<Operation> = [.connect]
  let entries: [AllowlistEntry]
  let table: NetworkTable
  let isAboutAddresses: Bool
  let identities: AllowlistIdentities?
  private let fileWarning: String?

  package init(settings: AllowlistSettings, services: PluginServices) throws {
    var problems: [SettingsProblem] = []
    identities = settings.identities.map { AllowlistIdentities(entries: AllowlistIdentity.entries($0, problems: &problems)) }
    isAboutAddresses = settings.isAboutAddresses
    var entries = AllowlistEntry.entries(settings.addresses, problems: &problems)
    let file = settings.file.map { AllowlistFile.settled($0, services, problems: &problems) }
    entries += file?.entries ?? []
    guard problems.isEmpty else { throw SettingsProblems(problems) }
    (self.entries, fileWarning) = (entries, file?.warning)
    table = NetworkTable(entries.lazy.map(\.network))
  }

  package var warnings: [String] {
    let isEmpty = (isAboutAddresses && entries.isEmpty) || identities?.entries.isEmpty == true
    return (isEmpty ? ["the allowlist is empty: nobody may connect"] : []) + [fileWarning].compactMap { $0 }
  }

  package func judge(_ operation: Operation, _ facts: PeerFacts) throws -> Verdict {
    guard operation == .connect else { return .deny("the allowlist answers for connect only") }
    let address = isAboutAddresses ? judgeAddress(facts) : nil
    if let address, !address.isAllowed { return address }
    guard let identity = identities?.judge(facts) else { return address ?? .deny("the allowlist is empty: it allows nobody") }
    guard identity.isAllowed, let address else { return identity }
    // Both must hold; the identity is the stronger word.
    let until = [identity.validUntil, address.validUntil].compactMap { $0 }.min()
    let isKnown = !facts.link.isSecuring
    return .allow(
      isKnown ? identity.reason : address.reason, rule: isKnown ? identity.rule : address.rule,
      place: isKnown ? identity.place : address.place, validUntil: until)
  }

  private func judgeAddress(_ facts: PeerFacts) -> Verdict {
    let matches = table.matches(facts.address.ip).map { entries[$0] }
    if let entry = matches.first(where: { $0.note.holds(at: facts.now) }) {
      return .allow(
        entry.note.explain("\(facts.address.ip) is in \(entry.network)"), rule: entry.rule, place: entry.place, validUntil: entry.note.until
      )
    }
    if let ended = matches.first {
      return .deny("\(facts.address.ip) is in \(ended.network), but that entry \(ended.note.ending)", rule: ended.rule, place: ended.place)
    }
    return .deny(entries.isEmpty ? "the allowlist is empty: it allows nobody" : "\(facts.address.ip) is not in the allowlist")
  }
}
