import Control
import HTTPClient
import Inventory
import Metainfo
import PluginKit
import Settings
import Storage

/// Why a command could not do what it was asked: with the exit code of its kind, and every problem with its place.
struct Failure: Error, Sendable {
  struct Line: Sendable {
    let message: String
    let place: String?
  }

  let status: ExitStatus
  let lines: [Line]

  init(_ status: ExitStatus, _ message: String, place: String? = nil) {
    self.init(status, [Line(message: message, place: place)])
  }

  init(_ status: ExitStatus, _ lines: [Line]) {
    (self.status, self.lines) = (status, lines)
  }

  /// The form in which a running node and `--json` give it.
  var document: ErrorsDocument {
    ErrorsDocument(errors: lines.map { .init(code: status.rawValue, message: $0.message, place: $0.place) })
  }

  /// Any error as a failure.
  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let errors as SettingsErrors: self.init(errors)
    case let problem as SettingsProblem:
      self.init(problem.isPermission ? .notPermitted : .inputMissing, problem.message, place: problem.place)
    case let problems as PipelineProblems:
      self.init(.configuration, problems.problems.map { Line(message: $0.message, place: $0.place) })
    case let errors as ErrorsDocument:
      let status = errors.errors.first.flatMap { ExitStatus(rawValue: $0.code) } ?? .internalError
      self.init(status, errors.errors.map { Line(message: $0.message, place: $0.place) })
    case let error as InventoryError: self.init(error)
    case let error as StorageError: self.init(error)
    case let error as TorrentError: self.init(.badData, "\(error)")
    case let error as HTTPClientError: self.init(.unavailable, "the node does not answer: \(error)")
    case let error as MagnetError: self.init(.badData, "\(error)")
    default: self.init(.internalError, "\(error)")
    }
  }

  private init(_ errors: SettingsErrors) {
    let lines = errors.lines.map { line in
      Line(message: line.path.isEmpty ? line.message : "\(line.path): \(line.message)", place: line.place)
    }
    self.init(errors.kind == .unreadable ? .inputMissing : .configuration, lines)
  }

  private init(_ error: InventoryError) {
    let status: ExitStatus =
      switch error {
      case .unknownArtifact, .unknownWish, .missing: .inputMissing
      case .ambiguous, .ambiguousWish: .usage
      case .duplicate, .exists: .cannotCreate
      case .full, .readOnly, .io: .diskIO
      case .busy: .tryLater
      case .corrupt, .notOurs, .newerSchema, .olderSchema, .invalid: .badData
      case .cannotOpen: .cannotCreate
      case .failed: .internalError
      }
    self.init(status, error.description)
  }

  private init(_ error: StorageError) {
    let lines = error.all.map { Line(message: $0.description, place: nil) }
    self.init(error.all.contains(where: \.isMissing) ? .inputMissing : error.all.contains(where: \.isIO) ? .diskIO : .badData, lines)
  }
}

extension StorageError {
  fileprivate var isMissing: Bool { if case .missing = self { true } else { false } }
  fileprivate var isIO: Bool { if case .failed = self { true } else { false } }
}
