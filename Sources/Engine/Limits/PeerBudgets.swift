/// What one connection may make us do besides sending blocks. Made when it first does any of it: most never do.
///
/// A client's ordinary life fits many times over; past a budget each further message counts as a glitch, and past `GlitchBudget` the
/// connection is closed as a flood.
final class PeerBudgets {
  /// Bytes that hash requests (BEP 52) make us read and hash; each costs `HashAnswers.cost` of them.
  var hashes: WorkBudget
  /// `cancel`s: each looks through the queue. Clients send them at the end of a download, as many as they have requests out.
  var cancels: WorkBudget
  /// Requests that cannot be served and that a well-behaved peer would not have sent, or not at that pace: while choked, beyond `reqq`, …
  var refusals: WorkBudget

  init(requestQueue: Int, now: ContinuousClock.Instant) {
    hashes = WorkBudget(burst: 64 << 20, perSecond: 16 << 20, now: now)
    cancels = WorkBudget(burst: max(2048, 4 * requestQueue), perSecond: 500, now: now)
    refusals = WorkBudget(burst: max(2048, 4 * requestQueue), perSecond: 250, now: now)
  }
}
