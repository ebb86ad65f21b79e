import Inventory

/// Who has taken an artifact out of service, as the reason of its state says it.
extension Artifact {
  /// What the reason begins with, where a mirror has.
  static let withheld = "withheld by the mirror: "

  /// Whether a mirror has, which gives it back by itself.
  var isWithheld: Bool { state == .paused && stateReason.hasPrefix(Self.withheld) }
  /// Whether an operator has, who has to say when it comes back.
  var isPausedByOperator: Bool { state == .paused && !isWithheld }
}
