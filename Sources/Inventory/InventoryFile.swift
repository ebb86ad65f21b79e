import Foundation
import GRDB

/// The database's file before SQLite may touch it: made with the right mode, or recognised as ours by its application id.
///
/// A new file is made aside and linked into place once it carries our application id. So the path holds nothing, or a file that is ours:
/// a kill between two steps leaves no half-made inventory, and a file without the id is always somebody else's.
enum InventoryFile {
  /// What is at a path.
  enum Kind: Equatable {
    case nothing
    case empty
    case file
  }

  /// `GRNY`, in the header's application id field at offset 68.
  static let applicationID: Int32 = 0x4752_4E59

  /// Makes sure that there is a file to open.
  static func prepare(at path: String) throws(InventoryError) {
    switch try kind(at: path) {
    case .file: try checkWritable(path)
    case .nothing: try create(at: path, replacing: false)
    case .empty: try create(at: path, replacing: true)
    }
  }

  /// SQLite would open a file that it may not write for reading, without a word.
  private static func checkWritable(_ path: String) throws(InventoryError) {
    guard access(path, W_OK) != 0 else { return }
    if errno == EROFS { throw .readOnly(place: path) }
    throw .cannotOpen(place: path, problem: systemProblem())
  }

  /// What is at the path; throws `.notOurs` where it can be no database.
  ///
  /// Looks from outside only: to open and close the file here would drop the locks that SQLite holds on it in this process (POSIX locks
  /// end with the first close), so that the id is asked for through SQLite.
  static func kind(at path: String) throws(InventoryError) -> Kind {
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT else { throw .cannotOpen(place: path, problem: systemProblem()) }
      return .nothing
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notOurs(place: path, problem: "not a regular file") }
    return status.st_size == 0 ? .empty : .file
  }

  /// Throws `.notOurs` where another program made the database. The first thing asked of each connection; reads only.
  static func refuseForeign(_ db: Database, place: String) throws {
    let id = try idOfDatabase(db, place: place)
    guard id == applicationID else {
      throw InventoryError.notOurs(place: place, problem: "an SQLite database of another program (application id \(id))")
    }
  }

  private static func idOfDatabase(_ db: Database, place: String) throws -> Int32 {
    do { return try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0 } catch let error as DatabaseError
      where error.resultCode == .SQLITE_NOTADB
    {
      throw InventoryError.notOurs(place: place, problem: "not an SQLite database")
    }
  }

  private static func create(at path: String, replacing: Bool) throws(InventoryError) {
    let aside = path + ".new"
    try makeEmpty(at: aside, replacing: true)
    defer { unlink(aside) }
    do {
      let queue = try DatabaseQueue(path: aside)
      try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA application_id = \(applicationID)") }
      try queue.close()
    } catch { throw InventoryError(error, place: path) }
    if replacing {
      guard rename(aside, path) == 0 else { throw .cannotOpen(place: path, problem: systemProblem()) }
      try syncFolder(of: path)
    } else {
      do { try publish(aside, as: path) } catch .exists {
        // Another process has just made it.
      }
    }
  }

  /// An empty file of mode 0600 that was not there before.
  static func makeEmpty(at path: String, replacing: Bool) throws(InventoryError) {
    if replacing { unlink(path) }
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure(making: path) }
    close(descriptor)
  }

  /// Gives a finished file its name, durably, unless the name is taken.
  static func publish(_ aside: String, as path: String) throws(InventoryError) {
    try sync(aside)
    guard link(aside, path) == 0 else { throw failure(making: path) }
    unlink(aside)
    try syncFolder(of: path)
  }

  private static func syncFolder(of path: String) throws(InventoryError) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    try sync(folder)
  }

  private static func sync(_ path: String) throws(InventoryError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotOpen(place: path, problem: systemProblem()) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .io(place: path, problem: systemProblem()) }
  }

  private static func failure(making path: String) -> InventoryError {
    switch errno {
    case EEXIST: .exists(place: path)
    case ENOSPC, EDQUOT: .full(place: path)
    case EROFS: .readOnly(place: path)
    default: .cannotOpen(place: path, problem: systemProblem())
    }
  }

  private static func systemProblem() -> String { String(cString: strerror(errno)) }
}
