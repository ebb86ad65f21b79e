extension NodeSettings {
  /// `log`: lines about what happens.
  package struct Log: Sendable, Hashable {
    package enum Format: String, Sendable, CaseIterable {
      case logfmt, json
    }

    /// Lines of less weight are not written.
    package enum Level: String, Sendable, CaseIterable {
      case debug, info, notice, warning, error
    }

    package let format: Format
    package let level: Level
    /// The absolute path of the file that they are appended to; nil: standard error.
    package let file: String?

    package static let defaultFormat = Format.logfmt
    package static let defaultLevel = Level.info

    package init(format: Format = defaultFormat, level: Level = defaultLevel, file: String? = nil) {
      (self.format, self.level, self.file) = (format, level, file)
    }
  }
}

extension NodeSettings.Log {
  init(_ section: LogSection?, folder: String) {
    self.init(
      format: section?.format?.format ?? Self.defaultFormat, level: section?.level?.level ?? Self.defaultLevel,
      file: section?.file?.resolved(in: folder))
  }
}
