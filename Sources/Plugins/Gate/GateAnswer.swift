/// What a rule of the gate says about what it covers.
enum GateAnswer: Sendable, Hashable {
  /// How the settings call it.
  enum Word: String, CaseIterable { case allow, deny, postpone, limit, shadow }

  case allow
  case deny
  /// It is given later: so many nanoseconds after the peer was authorized, or when the rule does not hold any more, whichever is sooner.
  case postpone(Int64?)
  /// It is given at so many bytes a second to each principal.
  case limit(Int64)
  /// It is decided by later rules; that it would be denied goes to the journal.
  case shadow

  /// Whether what the rule covers is given, now or later.
  var gives: Bool {
    switch self {
    case .allow, .postpone, .limit: true
    case .deny, .shadow: false
    }
  }

  /// Whether requests are put off.
  var isMeasure: Bool {
    switch self {
    case .postpone, .limit: true
    case .allow, .deny, .shadow: false
    }
  }

  var isShadow: Bool { self == .shadow }
}
