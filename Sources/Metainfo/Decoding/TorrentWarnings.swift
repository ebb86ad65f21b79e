/// What a torrent's reader is told though the torrent is taken. Bounded, since a torrent may give cause for millions.
struct TorrentWarnings {
  private static let most = 100

  private(set) var texts: [String] = []
  private var unsaid = 0

  mutating func append(_ text: @autoclosure () -> String) {
    if texts.count < Self.most { texts.append(text()) } else { unsaid += 1 }
  }

  mutating func append(contentsOf other: TorrentWarnings) {
    for text in other.texts { append(text) }
    unsaid += other.unsaid
  }

  /// The texts, and how many more there would be.
  var all: [String] { unsaid == 0 ? texts : texts + ["and \(unsaid) more warnings"] }
}
