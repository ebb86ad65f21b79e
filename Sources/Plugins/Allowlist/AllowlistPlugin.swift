package import PluginKit

/// Guards `connect`: peers whose address is in a list may connect, in either direction; an empty list allows nobody.
///
/// The list is the settings' `addresses`, then the lines of `file`; the first entry that holds the address is the one named.
/// The file is read when the plugin is made: a reload makes the plugin anew.
package struct AllowlistPlugin: Plugin {
  package static let name = "allowlist"
  package static let summary = "guards connect: peers at the addresses and networks of a list, in the settings or in a file"
  package static let hooks: [Hook] = [.judge]

  package let guards: Set<Operation> = [.connect]
  private let entries: [AllowlistEntry]
  private let table: NetworkTable

  package init(settings: AllowlistSettings, services: PluginServices) throws {
    var problems: [SettingsProblem] = []
    if let identities = settings.identities {
      problems.append(SettingsProblem("identities need TLS links, which this build does not have", place: identities.place))
    }
    var entries = AllowlistEntry.entries(settings.addresses, problems: &problems)
    if let file = settings.file {
      entries += AllowlistFile.entries(path: services.resolve(file.value), place: file.place, problems: &problems)
    }
    guard problems.isEmpty else { throw SettingsProblems(problems) }
    self.entries = entries
    table = NetworkTable(entries.lazy.map(\.network))
  }

  package var warnings: [String] {
    entries.isEmpty ? ["the allowlist is empty: nobody may connect"] : []
  }

  package func judge(_ operation: Operation, _ facts: PeerFacts) throws -> Verdict {
    guard operation == .connect else { return .deny("the allowlist answers for connect only") }
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
