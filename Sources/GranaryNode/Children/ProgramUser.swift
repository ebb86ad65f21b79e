import Glibc

/// Whom a program runs as.
struct ProgramUser: Sendable, Hashable {
  let uid: uid_t
  let gid: gid_t

  /// A user of this machine by name. Throws where there is none, or we cannot become it.
  static func named(_ name: String) throws(ProgramUserProblem) -> ProgramUser {
    guard geteuid() == 0 else { throw ProgramUserProblem(words: "only root can run a program as another user") }
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 1 << 14)
    let code = getpwnam_r(name, &record, &buffer, buffer.count, &found)
    guard code == 0 else { throw ProgramUserProblem(words: "user '\(name)': \(String(cString: strerror(code)))") }
    guard found != nil else { throw ProgramUserProblem(words: "there is no user '\(name)'") }
    return ProgramUser(uid: record.pw_uid, gid: record.pw_gid)
  }
}

/// Why a program cannot run as somebody.
struct ProgramUserProblem: Error, Hashable {
  let words: String
}
