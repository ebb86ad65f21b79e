import Logging
import PluginKit

/// What loggers of the process write with.
struct NodeLogHandler: LogHandler {
  let label: String
  let output: LogOutput
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  /// The logger's own level; the output's holds as well.
  private var own = Logger.Level.trace

  init(label: String, output: LogOutput = .shared, metadataProvider: Logger.MetadataProvider? = nil) {
    (self.label, self.output, self.metadataProvider) = (label, output, metadataProvider)
  }

  var logLevel: Logger.Level {
    get { max(own, output.level) }
    set { own = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: Logging.LogEvent) {
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
    if let fields = event.metadata { all.merge(fields) { $1 } }
    output.write(LogLine(event, all, label: label, at: .now))
  }
}
