/// What is looked at in a plugin, and what a finding is about.
public enum ConformanceCheck: String, Sendable, Hashable, CaseIterable {
  /// The plugin can be made with its settings.
  case making
  /// Its name is a name; its guards, messages and conversation do not change; what it answers stands among its `hooks`.
  case declaration
  /// As a guard it answers every operation that it claims, and for itself: not by the default, and not by a throw.
  case answers
  /// With empty settings a guard denies, does not start, or warns of it.
  case emptiness
  /// Every refusal and every verdict has a reason for people; reasons, rules and the journal's rows hold no control characters of a peer's.
  case reason
  /// Same facts, same verdict: in any order, on any thread, and of another plugin with the same settings.
  case purity
  /// A verdict holds until its `validUntil`, or for good where it has none, and that moment lies ahead.
  case validity
  /// A peer that is allowed to connect when all is known of it is not refused before.
  case stages
  /// What a verdict about `request` covers is a part of the artifact that was asked about.
  case scope
  /// `admit` answers in time, and heeds that nobody waits for it any more.
  case waiting
  /// The conversation takes whatever the peer may say, and proves nobody who has said nothing of use.
  case conversation
  /// No hook throws at what a peer may send or the engine may tell.
  case failure
  /// Hooks return in time.
  case lateness
  /// Answers make sense: reasons are not empty, moments lie ahead.
  case answer
  /// A request that it handles is paid or rejected.
  case debt
  /// What it asks its context for makes sense.
  case act
  /// What it keeps across a restart fits, and it takes it back; what it never gave it survives.
  case state
  /// What it had for a connection goes with it.
  case release
  /// The host's own promises: the order of hooks, one at a time, an end that comes once and after which nothing comes.
  case order
}
