// The same texts as in the YAML, where a command line has them.

extension ByteSize {
  /// The size that the text names, as `64 KiB`; nil for anything else.
  package init?(_ text: String) {
    guard let size = try? ByteSize(text: text) else { return nil }
    self = size
  }
}

extension TimeSpan {
  /// The time that the text names, as `30m`; nil for anything else.
  package init?(_ text: String) {
    guard let span = try? TimeSpan(text: text) else { return nil }
    self = span
  }
}

extension ByteRate {
  /// The rate that the text names, as `50 MiB/s`; nil for anything else.
  package init?(_ text: String) {
    guard let rate = try? ByteRate(text: text) else { return nil }
    self = rate
  }
}
