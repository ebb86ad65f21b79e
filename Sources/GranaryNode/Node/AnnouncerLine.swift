import Tracker

/// What the announcer is told, in the order it was said: an artifact that is removed and put in service again ends up announced.
final class AnnouncerLine: Sendable {
  private enum Word: Sendable {
    case update([AnnouncedTorrent])
    case remove(Int64)
    case completed(Int64)
  }

  private let words: AsyncStream<Word>.Continuation
  private let speaking: Task<Void, Never>

  init(_ announcer: TrackerAnnouncer) {
    let (stream, words) = AsyncStream.makeStream(of: Word.self)
    self.words = words
    speaking = Task {
      for await word in stream {
        switch word {
        case .update(let torrents): await announcer.update(torrents)
        case .completed(let id): await announcer.completed(id: id)
        case .remove(let id): await announcer.remove(id: id)
        }
      }
    }
  }

  deinit { words.finish() }

  func update(_ torrents: [AnnouncedTorrent]) { words.yield(.update(torrents)) }
  func completed(_ id: Int64) { words.yield(.completed(id)) }
  func remove(_ id: Int64) { words.yield(.remove(id)) }

  /// Nothing more is taken; returns when all has been said.
  func finish() async {
    words.finish()
    await speaking.value
  }
}
