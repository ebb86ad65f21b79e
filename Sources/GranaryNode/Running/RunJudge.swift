/// Why a run has ended.
enum RunEnd: String, Sendable, CaseIterable {
  case ready, idle, complete, ratio
  case served = "for"
  case maxRuntime = "max-runtime"
  case signal
  /// Another run has its place.
  case replaced
}

/// How a run stands at a moment.
struct RunStanding: Sendable, Hashable {
  /// Artifacts that wait for being verified, or are.
  var doubtful = 0
  /// Artifacts on their way here.
  var fetching = 0
  /// Whether all that mirrors want is here, as far as catalogues are followed.
  var isMirrored = true
  /// Bytes that came or went since the start.
  var moved: Int64 = 0
  /// Bytes that went since the start.
  var uploaded: Int64 = 0
  /// Bytes of all artifacts in service.
  var content: Int64 = 0
}

/// Says when a run is over: a value fed with how it stands and a clock.
struct RunJudge: Sendable {
  private let bounds: RunBounds
  private let began: ContinuousClock.Instant
  private let ready: ContinuousClock.Instant
  private var moved: Int64 = 0
  private var busyAt: ContinuousClock.Instant

  /// `began`: when the run was started; `ready`: when it began to serve.
  init(_ bounds: RunBounds, began: ContinuousClock.Instant, ready: ContinuousClock.Instant) {
    (self.bounds, self.began, self.ready, busyAt) = (bounds, began, ready, ready)
  }

  /// Nil: it goes on.
  mutating func end(_ standing: RunStanding, now: ContinuousClock.Instant) -> RunEnd? {
    if standing.moved != moved || standing.doubtful > 0 || standing.fetching > 0 { (moved, busyAt) = (standing.moved, now) }
    for aim in bounds.aims {
      if let reached = reached(aim, standing, now) { return reached }
    }
    if let serving = bounds.serving, now - ready >= serving { return .served }
    if let longest = bounds.longest, now - began >= longest { return .maxRuntime }
    return nil
  }

  private func reached(_ aim: RunBounds.Aim, _ standing: RunStanding, _ now: ContinuousClock.Instant) -> RunEnd? {
    switch aim {
    case .ready: standing.doubtful == 0 ? .ready : nil
    case .idle(let time): now - busyAt >= time ? .idle : nil
    case .complete: standing.doubtful == 0 && standing.fetching == 0 && standing.isMirrored ? .complete : nil
    case .ratio(let ratio): standing.content > 0 && Double(standing.uploaded) >= ratio * Double(standing.content) ? .ratio : nil
    }
  }
}
