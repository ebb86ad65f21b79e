import Glibc

/// How many files the process may have open (RLIMIT_NOFILE), and what that means for connections, each of which is one.
struct OpenFilesLimit: Sendable, Equatable {
  /// What the node itself has open beside peers and artifacts' files: inventory, control socket, listeners, event loops, what cold reads
  /// hold for a moment, trackers, and room to accept a connection before it is refused.
  static let reserve = 192

  /// Descriptors that the process may have.
  let descriptors: Int

  /// Raises the soft limit to the hard one: a shell's usual 1024 is for programs that use select().
  static func raise() -> OpenFilesLimit {
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(kind, &limit) == 0 else { return OpenFilesLimit(descriptors: 1024) }
    var raised = limit
    raised.rlim_cur = limit.rlim_max
    if raised.rlim_cur > limit.rlim_cur, setrlimit(kind, &raised) == 0 { limit = raised }
    return OpenFilesLimit(descriptors: Int(clamping: limit.rlim_cur))
  }

  /// How many of the connections asked for there is room for beside so many files of artifacts; at least 1.
  func connections(_ wanted: Int, openFiles: Int) -> Int { max(1, min(wanted, descriptors - openFiles - Self.reserve)) }

  /// What to tell the operator, where there is not room for all.
  func shortage(_ wanted: Int, openFiles: Int) -> String? {
    let possible = connections(wanted, openFiles: openFiles)
    guard possible < wanted else { return nil }
    let needed = wanted + openFiles + Self.reserve
    return """
      limits.connections is \(wanted), and the process may have only \(descriptors) files open: at most \(possible) connections are taken \
      (raise the hard limit to \(needed): ulimit -Hn, or LimitNOFILE= of the service)
      """
  }
}
