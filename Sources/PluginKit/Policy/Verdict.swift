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

  public init(
    _ answer: Answer, reason: String, rule: String? = nil, place: String? = nil, validUntil: WallTime? = nil, scope: Scope = .everything,
    shadows: [Verdict] = []
  ) {
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

  /// Whether the answer is yes.
  public var isAllowed: Bool { answer == .allow }
}
