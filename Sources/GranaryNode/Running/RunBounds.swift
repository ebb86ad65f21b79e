import Settings

/// When a run ends by itself, as cron would have it: whatever comes first.
struct RunBounds: Sendable, Hashable {
  /// What a run is for; with it the run has done its work.
  enum Aim: Sendable, Hashable {
    /// Nothing waits to be verified.
    case ready
    /// Nothing was transferred, fetched or verified for so long.
    case idle(Duration)
    /// All that is being fetched, and all that mirrors want, is here.
    case complete
    /// So many times the bytes of all artifacts in service have gone out.
    case ratio(Double)
  }

  /// For so long from when it is ready.
  var serving: Duration?
  /// For so long from its start, whatever it is at.
  var longest: Duration?
  var aims: [Aim] = []

  var isEmpty: Bool { serving == nil && longest == nil && aims.isEmpty }
}

extension RunBounds.Aim {
  /// `ready`, `complete`, `idle:DURATION` or `ratio:NUMBER`; nil for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    switch (parts.first, parts.dropFirst().first) {
    case ("ready", nil): self = .ready
    case ("complete", nil): self = .complete
    case ("idle", let time?):
      guard let span = TimeSpan(time), span.duration > .zero else { return nil }
      self = .idle(span.duration)
    case ("ratio", let number?):
      guard let ratio = Double(number), ratio.isFinite, ratio > 0 else { return nil }
      self = .ratio(ratio)
    default: return nil
    }
  }
}
