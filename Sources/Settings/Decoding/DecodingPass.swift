/// One pass of decoding over a document.
///
/// A `Decodable` type ends at its first error. To find the others, decoding runs again with what failed *excused*: the same request is then
/// answered with a stand-in (an omitted optional, an empty list, a list without the bad item, zero), and the type goes on to its next
/// problem. Nothing of a document with problems is ever used, so no stand-in is seen by anyone else. Only errors that reach the top count,
/// so a type may try one form of a value and then another, as `Decodable` types do.
final class DecodingPass {
  /// The file's name in messages.
  let file: String
  /// Where decoding began: null is an empty mapping there.
  let rootPath: SettingsPath
  /// How many stand-ins have been given. An error after one may only follow from it.
  private(set) var standIns = 0
  private let excused: Set<Excuse>
  private let keys: KeyRecord
  private var opened: Set<SettingsPath> = []

  init(file: String, rootPath: SettingsPath, excused: Set<Excuse>, keys: KeyRecord) {
    (self.file, self.rootPath, self.excused, self.keys) = (file, rootPath, excused, keys)
  }

  /// Whether this request is excused; it is then answered with a stand-in.
  func excuses(_ excuse: Excuse) -> Bool {
    guard excused.contains(excuse) else { return false }
    standIns += 1
    return true
  }

  /// Unknown keys are passed over once they have been reported; nothing stands in for them.
  func excusesUnknownKeys(_ excuse: Excuse) -> Bool { excused.contains(excuse) }

  /// Notes that something reads the value at the path.
  func open(_ path: SettingsPath) { opened.insert(path) }

  /// Whether something has read the value at the path.
  func hasOpened(_ path: SettingsPath) -> Bool { opened.contains(path) }

  /// Notes that a type knows the key.
  func note(_ key: String, of container: Excuse) { keys.known[container, default: []].insert(key) }
}

/// Which keys the types ask for, across the passes: a misspelt key is told its name.
final class KeyRecord {
  var known: [Excuse: Set<String>] = [:]
}
