internal import PluginKit

/// What an operator notes beside an entry: why it is there, who put it there, how long it holds.
struct Note: Sendable, Hashable {
  var reason: String?
  var by: String?
  var until: WallTime?

  /// Whether the entry still holds.
  func holds(at now: WallTime) -> Bool { until.map { now < $0 } ?? true }

  /// The text with what was noted: `10.1.2.3 is in 10.0.0.0/8: the depots (anna)`.
  func explain(_ text: String) -> String {
    text + (reason.map { ": \($0)" } ?? "") + (by.map { " (\($0))" } ?? "")
  }

  /// How the entry ended, for whom `holds` is false: `ended 2027-01-31T00:00:00Z`.
  var ending: String { until.map { "ended \(Moment($0))" } ?? "" }
}

/// The keys of a note as settings have them.
struct NoteSettings: Sendable {
  var reason: String?
  var by: String?
  var until: Placed<String>?

  /// The note. Throws where `until` is no moment.
  func compiled() throws(SettingsProblem) -> Note {
    guard let until else { return Note(reason: reason, by: by, until: nil) }
    guard let moment = Moment(until.value) else {
      throw SettingsProblem("until: '\(until.value)' is not a moment such as 2027-01-31 or 2027-01-31T18:00:00Z", place: until.place)
    }
    return Note(reason: reason, by: by, until: moment.time)
  }
}
