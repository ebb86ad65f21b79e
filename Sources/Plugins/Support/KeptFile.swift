internal import PluginKit

/// A list file that a reload finds empty or cannot read: most likely somebody is writing it, or a disk is gone. What it held last stays in
/// force, and is told of. At the start there is nothing to keep, and it is an error.
struct KeptFile<Content: Sendable>: Sendable {
  /// `rules` or `file`: the key that names the file, and a part of the memory's key.
  let key: String
  let path: String
  /// Where the settings name the file.
  let place: String?
  /// `gate` or `allowlist`.
  let plugin: String

  /// What came of looking at a file.
  enum Found {
    case content(Content)
    /// It says nothing, for this reason.
    case nothing(String)
  }

  /// What is in force, and a warning where that is not what the file says now; nil where there is nothing to keep.
  func settle(_ found: Found, _ services: PluginServices) -> (content: Content, warning: String?)? {
    switch found {
    case .content(let content):
      services.memory.keep(content, "\(key):\(path)")
      return (content, nil)
    case .nothing(let reason):
      guard let kept: Content = services.memory.value("\(key):\(path)") else { return nil }
      services.counters.count("\(plugin)_files_kept")
      return (kept, "\(key): \(path) \(reason): what it said before stays in force")
    }
  }
}
