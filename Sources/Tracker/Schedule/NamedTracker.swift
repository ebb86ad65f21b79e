/// A tracker as torrents name it: the URL and what it says. One object for however many torrents.
package final class NamedTracker: Sendable {
  /// The URL as the torrent has it.
  package let text: String
  /// The URL parsed; nil where we do not announce to it.
  package let url: TrackerURL?
  /// Why not.
  let problem: TrackerError?

  package init(_ text: String) {
    self.text = text
    do {
      (url, problem) = (try TrackerURL(text), nil)
    } catch {
      (url, problem) = (nil, error)
    }
  }
}

extension NamedTracker: Hashable {
  package static func == (one: NamedTracker, other: NamedTracker) -> Bool { one === other || one.text == other.text }
  package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// The trackers of a node, each URL parsed and kept once.
struct TrackerNames {
  private var trackers: [String: NamedTracker] = [:]
  /// Torrents from elsewhere may name any number of them: beyond this the table begins anew.
  private static let most = 10_000

  /// The tracker of this URL.
  mutating func tracker(_ text: String) -> NamedTracker {
    if let known = trackers[text] { return known }
    if trackers.count >= Self.most { trackers = [:] }
    let tracker = NamedTracker(text)
    trackers[text] = tracker
    return tracker
  }
}
