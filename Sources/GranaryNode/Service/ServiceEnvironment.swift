import Foundation
import Metainfo
import Storage

/// What a service manager tells a process in its environment (systemd's protocols), as a value. Nothing is there where there is no manager.
struct ServiceEnvironment: Sendable, Hashable {
  /// Where the manager is told of what happens: a Unix datagram socket.
  enum NotifySocket: Sendable, Hashable {
    case path(String)
    /// A name in the abstract namespace, without what stands for the zero byte.
    case abstract(String)
  }

  /// A descriptor that the manager has opened.
  struct Inherited: Sendable, Hashable {
    let descriptor: Int32
    /// What it is called, as LISTEN_FDNAMES has it.
    let name: String?
  }

  /// A stream of the journal, by what it is in the file system.
  struct JournalStream: Sendable, Hashable {
    let device: UInt64
    let inode: UInt64
  }

  /// NOTIFY_SOCKET.
  var notify: NotifySocket?
  /// WATCHDOG_USEC: the manager takes silence for longer than this as a hang.
  var watchdog: Duration?
  /// LISTEN_FDS.
  var inherited: [Inherited] = []
  /// JOURNAL_STREAM.
  var journal: JournalStream?

  /// The first descriptor that is handed over.
  static let firstDescriptor: Int32 = 3
  private static let mostDescriptors = 1024
  /// What `sockaddr_un` holds, less a byte: the end of a path, or the beginning of an abstract name.
  private static let longestSocket = 107

  /// No manager.
  static let none = ServiceEnvironment()

  private init() {}

  /// Of the process with this id. Throws where a value is not what the protocols say: somebody relies on something that he does not get.
  init(_ variables: [String: String], pid: Int32) throws(Failure) {
    notify = try Self.notify(variables["NOTIFY_SOCKET"])
    watchdog = try Self.watchdog(variables, pid)
    inherited = try Self.inherited(variables, pid)
    journal = try Self.journal(variables["JOURNAL_STREAM"])
  }

  private static func notify(_ text: String?) throws(Failure) -> NotifySocket? {
    guard let text, !text.isEmpty else { return nil }
    guard text.utf8.count <= longestSocket else { throw wrong("NOTIFY_SOCKET", text, "a path of at most \(longestSocket) bytes") }
    if text.hasPrefix("/"), text.utf8.count > 1 { return .path(text) }
    if text.hasPrefix("@"), text.utf8.count > 1 { return .abstract(String(text.dropFirst())) }
    throw wrong("NOTIFY_SOCKET", text, "an absolute path, or @NAME")
  }

  private static func watchdog(_ variables: [String: String], _ pid: Int32) throws(Failure) -> Duration? {
    guard let text = variables["WATCHDOG_USEC"] else { return nil }
    if let owner = variables["WATCHDOG_PID"], try number("WATCHDOG_PID", owner, 1...UInt64(Int32.max)) != UInt64(pid) { return nil }
    return .microseconds(Int64(try number("WATCHDOG_USEC", text, 1...UInt64(Int64.max / 1000))))
  }

  private static func inherited(_ variables: [String: String], _ pid: Int32) throws(Failure) -> [Inherited] {
    // For whoever has started us, where the number is another's.
    guard let owner = variables["LISTEN_PID"], let text = variables["LISTEN_FDS"],
      try number("LISTEN_PID", owner, 1...UInt64(Int32.max)) == UInt64(pid)
    else { return [] }
    let count = Int(try number("LISTEN_FDS", text, 0...UInt64(mostDescriptors)))
    let names = variables["LISTEN_FDNAMES"].map { $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init) }
    if let names, names.count != count, count > 0 { throw wrong("LISTEN_FDNAMES", names.joined(separator: ":"), "\(count) names") }
    return (0..<count).map { index in Inherited(descriptor: firstDescriptor + Int32(index), name: names?[index]) }
  }

  private static func journal(_ text: String?) throws(Failure) -> JournalStream? {
    guard let text, !text.isEmpty else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else { throw wrong("JOURNAL_STREAM", text, "DEVICE:INODE") }
    return JournalStream(
      device: try number("JOURNAL_STREAM", parts[0], 0...UInt64.max), inode: try number("JOURNAL_STREAM", parts[1], 0...UInt64.max))
  }

  private static func number(_ name: String, _ text: String, _ range: ClosedRange<UInt64>) throws(Failure) -> UInt64 {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = UInt64(text),
      range.contains(number)
    else { throw wrong(name, text, "a number from \(range.lowerBound) to \(range.upperBound)") }
    return number
  }

  private static func wrong(_ name: String, _ text: String, _ expected: String) -> Failure {
    Failure(.configuration, "the environment's \(name) is '\(text)': expected \(expected)")
  }
}

extension ServiceEnvironment {
  /// That of this process.
  static func process() throws(Failure) -> ServiceEnvironment {
    try ServiceEnvironment(ProcessInfo.processInfo.environment, pid: getpid())
  }

  /// Whether the descriptor is the journal's stream that the manager has named.
  func isJournal(_ descriptor: Int32) -> Bool {
    guard let journal, let identity = FileStatus(descriptor: descriptor)?.identity else { return false }
    return journal == JournalStream(device: identity.device, inode: identity.inode)
  }
}
