import Control
import Metainfo
import Synchronization

/// The magnet links of a node whose torrents are not known yet, by their info-hashes.
final class MagnetBook: Sendable {
  private struct Entry {
    let name: String
    let infoHash: InfoHash
    let root: String
    var task: Task<Void, Never>?
    var failure: Failure?
  }

  private struct State {
    var entries: [InfoHash: Entry] = [:]
    var last: Int64 = 0
  }

  private let state = Mutex(State())

  /// Takes a link in; its number, which no artifact has. Nil where it is there already and on its way.
  func begin(_ magnet: Magnet, root: String) -> Int64? {
    state.withLock { state in
      if let known = state.entries[magnet.infoHash], known.failure == nil { return nil }
      state.last -= 1
      state.entries[magnet.infoHash] = Entry(name: magnet.shownName, infoHash: magnet.infoHash, root: root)
      return state.last
    }
  }

  func set(_ task: Task<Void, Never>, of infoHash: InfoHash) { state.withLock { $0.entries[infoHash]?.task = task } }

  /// The torrent is there.
  func end(_ infoHash: InfoHash) { state.withLock { $0.entries[infoHash] = nil } }

  func fail(_ infoHash: InfoHash, _ failure: Failure) { state.withLock { $0.entries[infoHash]?.failure = failure } }

  /// How a link stands; nil where it is none of ours. Throws what has become of it, once.
  func document(_ what: String) throws -> FetchDocument? {
    let entry = state.withLock { state -> Entry? in
      guard let entry = state.entries.values.first(where: { $0.infoHash.shown == what }) else { return nil }
      if entry.failure != nil { state.entries[entry.infoHash] = nil }
      return entry
    }
    guard let entry else { return nil }
    if let failure = entry.failure { throw failure }
    return Self.document(entry)
  }

  var documents: [FetchDocument] { state.withLock { $0.entries.values.filter { $0.failure == nil }.map(Self.document) } }

  /// The node ends.
  func stop() {
    for task in state.withLock({ $0.entries.values.compactMap(\.task) }) { task.cancel() }
  }

  private static func document(_ entry: Entry) -> FetchDocument {
    FetchDocument(
      name: entry.name, infoHashV1: entry.infoHash.v1?.description, infoHashV2: entry.infoHash.v2?.description, state: "metadata",
      reason: nil, data: entry.root, size: 0, left: 0, piecesHeld: 0, pieces: 0)
  }
}

extension Magnet {
  /// What it is called until its torrent is known.
  var shownName: String { displayName ?? infoHash.shown }
}

extension InfoHash {
  /// The one by which documents are asked for.
  var shown: String { v1?.description ?? v2?.description ?? "" }
}

extension FetchDocument {
  /// The info-hash by which it is asked for.
  var infoHash: String { infoHashV1 ?? infoHashV2 ?? "" }
}
