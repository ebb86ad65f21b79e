/// What holds for a plugin that is past its budget of faults and time: the `on-error` of its entry in the pipeline.
package enum OnError: String, Sendable, Hashable, CaseIterable {
  /// What it guards is denied, and blocks too where it has a say in them. The default.
  case deny
  /// What it guards is allowed as far as it is concerned; as a handler it is left out.
  case allow
  /// It is left out, as a guard and as a handler.
  case skip
}

/// A plugin went past its budget.
package struct PluginTrip: Sendable, Hashable {
  /// When.
  package let at: WallTime
  /// What was too much, and the latest faults.
  package let reason: String

  package init(at: WallTime, reason: String) {
    (self.at, self.reason) = (at, reason)
  }
}
