internal import PluginKit

/// A network that may connect, and where that is said.
struct AllowlistEntry: Sendable {
  let network: IPNetwork
  /// `addresses[2]` or `file:12`.
  let rule: String
  /// `FILE:LINE:COLUMN` or `FILE:LINE`, where it is known.
  let place: String?
  let note: Note

  /// The entries of the settings. Every problem goes to `problems`.
  static func entries(_ settings: [Placed<AllowlistEntrySettings>], problems: inout [SettingsProblem]) -> [AllowlistEntry] {
    var entries: [AllowlistEntry] = []
    for (index, setting) in settings.enumerated() {
      let rule = "addresses[\(index)]"
      do throws(SettingsProblem) {
        let network = try NetworkText.parse(setting.value.address)
        entries.append(AllowlistEntry(network: network, rule: rule, place: setting.place, note: try setting.value.note.compiled()))
      } catch {
        problems.append(SettingsProblem("\(rule): \(error.message)", place: error.place ?? setting.place))
      }
    }
    return entries
  }
}
