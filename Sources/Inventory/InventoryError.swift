/// Why the inventory could not do what was asked. `place` is the database's path.
package enum InventoryError: Error, Hashable, Sendable {
  /// The disk or the quota is full; the change was not made.
  case full(place: String)
  /// The file or its file system may not be written; also any change through `open(readingAt:)`.
  case readOnly(place: String)
  /// Another process kept the database locked for longer than the busy timeout.
  case busy(place: String)
  /// The file is damaged; restore a backup.
  case corrupt(place: String, problem: String)
  /// The file was written by a newer Granary: these migrations are unknown to this one.
  case newerSchema(place: String, unknown: [String])
  /// The file was written by an older Granary and a reader may not migrate it: these migrations are missing.
  case olderSchema(place: String, missing: [String])
  /// The file is something else than a Granary inventory. Nothing was written into it.
  case notOurs(place: String, problem: String)
  /// There is no such file.
  case missing(place: String)
  /// There is already such a file (the target of a backup).
  case exists(place: String)
  /// The file or its folder could not be opened or made.
  case cannotOpen(place: String, problem: String)
  /// Reading or writing failed on the disk.
  case io(place: String, problem: String)
  /// A value that the schema refuses. Nothing was changed.
  case invalid(problem: String)
  /// An artifact with one of the info-hashes is there already. Nothing was changed.
  case duplicate(Artifact)
  /// Several artifacts answer to the text; at most `InventoryDatabase.candidateLimit` of them.
  case ambiguous(text: String, candidates: [Artifact])
  /// No artifact answers to the text (a name, an info-hash, a start of one, or an id).
  case unknownArtifact(String)
  /// No peer waits for an answer under this id, or has one that could be taken back.
  case unknownWish(String)
  /// Several wishes have ids that begin like this.
  case ambiguousWish(text: String, candidates: [Wish])
  /// SQLite refused for a reason that none of the others names: a bug of ours.
  case failed(place: String, problem: String)

  /// Whether the same call may well succeed later without anybody changing it: the disk is full, read-only, failing or locked now.
  package var isTemporary: Bool {
    switch self {
    case .full, .readOnly, .busy, .io, .cannotOpen: true
    case .corrupt, .newerSchema, .olderSchema, .notOurs, .missing, .exists, .invalid, .duplicate, .ambiguous, .unknownArtifact,
      .unknownWish, .ambiguousWish, .failed:
      false
    }
  }
}

extension InventoryError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .full(let place): "\(place): the disk is full"
    case .readOnly(let place): "\(place): the inventory cannot be written (read-only)"
    case .busy(let place): "\(place): the inventory is locked by another process"
    case .corrupt(let place, let problem): "\(place): the inventory is damaged: \(problem)"
    case .newerSchema(let place, let unknown):
      "\(place): the inventory was written by a newer granary (unknown migrations: \(unknown.joined(separator: ", ")))"
    case .olderSchema(let place, let missing):
      "\(place): the inventory was written by an older granary and is in use (missing migrations: \(missing.joined(separator: ", ")))"
    case .notOurs(let place, let problem): "\(place): not a granary inventory: \(problem)"
    case .missing(let place): "\(place): there is no inventory"
    case .exists(let place): "\(place): there is a file already"
    case .cannotOpen(let place, let problem): "\(place): cannot open: \(problem)"
    case .io(let place, let problem): "\(place): disk error: \(problem)"
    case .invalid(let problem): "the inventory refuses the value: \(problem)"
    case .duplicate(let artifact): "already in the inventory: \(artifact.name) (\(artifact.infoHash))"
    case .ambiguous(let text, let candidates):
      "\(text) may be any of: " + candidates.map { "\($0.name) (\($0.infoHash))" }.joined(separator: ", ")
    case .unknownArtifact(let text): "no such artifact: \(text)"
    case .unknownWish(let text): "nothing is known under the id \(text); 'granary pending' and 'granary pending approvals' list what is"
    case .ambiguousWish(let text, let candidates):
      "\(text) may be any of: " + candidates.map { "\($0.id) (\($0.principal))" }.joined(separator: ", ")
    case .failed(let place, let problem): "\(place): \(problem)"
    }
  }
}
