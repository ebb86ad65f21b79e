/// What a service manager is told, in the lines of `sd_notify`.
struct ServiceNotice: Sendable, Hashable {
  private(set) var lines: [String]

  private init(_ lines: [String]) {
    self.lines = lines
  }

  /// It serves; also after each reload, whatever came of that.
  static func ready(_ status: String) -> ServiceNotice { ServiceNotice(["READY=1", "STATUS=" + plain(status)]) }

  /// It reads its configuration again.
  ///
  /// - Parameter moment: CLOCK_MONOTONIC in microseconds: by it the manager tells this reload from another.
  static func reloading(at moment: UInt64) -> ServiceNotice {
    ServiceNotice(["RELOADING=1", "MONOTONIC_USEC=\(moment)", "STATUS=reading the configuration again"])
  }

  /// It ends, and takes so long at most.
  static func stopping(_ status: String, within time: Duration) -> ServiceNotice {
    ServiceNotice(["STOPPING=1", "STATUS=" + plain(status)] + extending(time).lines)
  }

  /// It needs so long from now on, whatever the manager would allow.
  static func extending(_ time: Duration) -> ServiceNotice {
    ServiceNotice(["EXTEND_TIMEOUT_USEC=\(Int64((time / .microseconds(1)).rounded(.up)))"])
  }

  static func status(_ text: String) -> ServiceNotice { ServiceNotice(["STATUS=" + plain(text)]) }

  /// Another process is the service from now on.
  static func mainProcess(_ pid: Int32) -> ServiceNotice { ServiceNotice(["MAINPID=\(pid)"]) }

  /// It goes on.
  static let watchdog = ServiceNotice(["WATCHDOG=1"])

  /// The datagram.
  var bytes: [UInt8] { Array((lines.joined(separator: "\n") + "\n").utf8) }

  /// A line's worth of text: what holds names must not add lines.
  private static func plain(_ text: String) -> String { String(escaped(text).prefix(400)) }
}
