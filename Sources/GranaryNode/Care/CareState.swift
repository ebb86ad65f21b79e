import Control
import Inventory

/// What the care of a node's artifacts remembers.
struct CareState {
  var book = CareBook()
  var walk = PatrolWalk()
  var news = OutageNews()
  var pace = ScrubPace()
  /// Of what is in doubt.
  var verifyPace = ScrubPace()
  var scrub = ScrubProgress()
  var delays = ScrubDelays()
  /// Artifacts in service in part, by what their files looked like when that was found: read again when they look otherwise.
  var partly: [ArtifactID: Int] = [:]
  /// When the walk's place was last written down.
  var savedAt: ContinuousClock.Instant?
}

/// How far scrubbing is.
struct ScrubProgress {
  var isRunning = false
  var current: String?
  /// Not before.
  var next: ContinuousClock.Instant?
  var artifacts = 0
  var bytes: Int64 = 0
  var damaged = 0
}
