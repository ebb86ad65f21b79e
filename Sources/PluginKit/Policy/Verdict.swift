/// The answer of a guard: always with a reason that a person can ask for.
public struct Verdict: Sendable, Hashable {
  /// Yes or no. There is no third answer: a guard that has no opinion does not guard the operation.
  public enum Answer: String, Sendable, Hashable { case allow, deny }

  /// Yes or no.
  public let answer: Answer
  /// Why, in words for the operator.
  public let reason: String
  /// The rule that decided, as the plugin calls it: `addresses[2]`, `on_request[0]`.
  public let rule: String?
  /// Where the rule stands: `FILE:LINE:COLUMN`.
  public let place: String?
  /// When the answer stops being true, where it depends on the time.
  public let validUntil: WallTime?
  /// For `request`: what of the artifact the answer is about. Ignored in a denial.
  public let scope: Scope
  /// What rules that are only tried would have answered instead. For the journal and for `why`: nothing else comes of them.
  public let shadows: [Verdict]
  /// Of a denial: nothing that the operator has written is about this peer and what it asks for; no rule says no. The host may know of an
  /// approval (`granary pending approve`) that allows it nevertheless. A rule that denies, or does not hold now, what was revoked or has
  /// expired, a failed proof and a limit are never that.
  public let isUnmatched: Bool

  public init(
    _ answer: Answer, reason: String, rule: String? = nil, place: String? = nil, validUntil: WallTime? = nil, scope: Scope = .everything,
    shadows: [Verdict] = [], isUnmatched: Bool = false
  ) {
    self.isUnmatched = isUnmatched && answer == .deny
    (self.answer, self.reason, self.rule, self.place) = (answer, reason, rule, place)
    (self.validUntil, self.scope, self.shadows) = (validUntil, scope, shadows)
  }

  /// It may happen.
  public static func allow(
    _ reason: String, rule: String? = nil, place: String? = nil, validUntil: WallTime? = nil, scope: Scope = .everything
  ) -> Verdict {
    Verdict(.allow, reason: reason, rule: rule, place: place, validUntil: validUntil, scope: scope)
  }

  /// It may not happen.
  public static func deny(_ reason: String, rule: String? = nil, place: String? = nil, validUntil: WallTime? = nil) -> Verdict {
    Verdict(.deny, reason: reason, rule: rule, place: place, validUntil: validUntil)
  }

  /// It may not happen, because nothing is about this peer and what it asks for (`isUnmatched`).
  public static func unmatched(_ reason: String, validUntil: WallTime? = nil) -> Verdict {
    Verdict(.deny, reason: reason, validUntil: validUntil, isUnmatched: true)
  }

  /// Whether the answer is yes.
  public var isAllowed: Bool { answer == .allow }
}
