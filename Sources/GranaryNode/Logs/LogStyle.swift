import Inventory
import Logging
import PluginKit
import Settings

/// How lines look.
struct LogStyle: Sendable, Hashable {
  var format = NodeSettings.Log.Format.logfmt
  /// Whether the journal of systemd reads them: it has clocks of its own, and takes a line's priority from its beginning.
  var isJournal = false

  /// The line's bytes, with its end.
  func bytes(_ line: LogLine) -> [UInt8] { Array((prefix(line) + text(line) + "\n").utf8) }

  private func prefix(_ line: LogLine) -> String { isJournal ? "<\(line.level.priority)>" : "" }

  private func text(_ line: LogLine) -> String {
    let own = [("level", line.level.word), ("event", line.event), ("msg", line.message)]
    let time = isJournal ? [] : [("time", Timestamp(nanoseconds: line.at.nanoseconds).iso8601)]
    let pairs = time + own + line.fields.map { ($0.name, $0.value) }
    switch format {
    case .logfmt: return pairs.map { $0 + "=" + LogText.logfmt($1) }.joined(separator: " ")
    case .json: return "{" + pairs.map { LogText.json($0) + ":" + LogText.json($1) }.joined(separator: ",") + "}"
    }
  }
}

extension Logger.Level {
  /// As `log.level` writes it.
  var word: String {
    switch self {
    case .trace, .debug: "debug"
    case .info: "info"
    case .notice: "notice"
    case .warning: "warning"
    case .error, .critical: "error"
    }
  }

  /// syslog's number.
  fileprivate var priority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }

  init(_ level: NodeSettings.Log.Level) {
    switch level {
    case .debug: self = .debug
    case .info: self = .info
    case .notice: self = .notice
    case .warning: self = .warning
    case .error: self = .error
    }
  }
}
