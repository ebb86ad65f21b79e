import GRDB

extension InventoryError {
  /// The typed form of what GRDB or one of our own decoders threw.
  init(_ error: any Error, place: String) {
    switch error {
    case let error as InventoryError: self = error
    case let error as DatabaseError: self.init(sqlite: error, place: place)
    // A column that does not hold what the schema says can only be a damaged or hand-edited file.
    case let error as RowDecodingError: self = .corrupt(place: place, problem: "\(error)")
    case let error as UnreadableRow: self = .corrupt(place: place, problem: error.problem)
    default: self = .failed(place: place, problem: "\(error)")
    }
  }

  private init(sqlite error: DatabaseError, place: String) {
    let problem = "\(error.message ?? "SQLite error") (code \(error.extendedResultCode.rawValue))"
    switch error.extendedResultCode {
    // The shared-memory file cannot grow: in practice always a full disk.
    case .SQLITE_FULL, .SQLITE_IOERR_SHMSIZE: self = .full(place: place)
    case .SQLITE_READONLY: self = .readOnly(place: place)
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(place: place)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_IOERR_SHORT_READ: self = .corrupt(place: place, problem: problem)
    case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH: self = .cannotOpen(place: place, problem: problem)
    case .SQLITE_IOERR, .SQLITE_PROTOCOL: self = .io(place: place, problem: problem)
    case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG: self = .invalid(problem: problem)
    default: self = .failed(place: place, problem: problem)
    }
  }
}

/// A row that the schema allows and that nevertheless makes no value, such as a state that there is not.
struct UnreadableRow: Error {
  let problem: String
}
