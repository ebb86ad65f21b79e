/// The exit codes, as sysexits.h and the contract have them.
enum ExitStatus: Int32, Sendable {
  case done = 0
  /// A command line that cannot be understood.
  case usage = 64
  /// A torrent that is not one, or data that does not verify.
  case badData = 65
  /// Input that is not there.
  case inputMissing = 66
  /// No running node, no peers, tracker down, port in use.
  case unavailable = 69
  /// Our bug.
  case internalError = 70
  case cannotCreate = 73
  case diskIO = 74
  /// Another run holds the lock: try later.
  case tryLater = 75
  /// Outside of `artifacts.roots`, wrong owner or mode.
  case notPermitted = 77
  case configuration = 78
}
