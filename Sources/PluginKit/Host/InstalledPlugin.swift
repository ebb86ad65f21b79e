/// A plugin as it stands in the pipeline, with what its entry says of it beside its settings.
package final class InstalledPlugin: Sendable {
  package let name: String
  package let plugin: any Plugin
  /// Where its entry stands: `FILE:LINE:COLUMN`.
  package let place: String
  /// What holds once it is tripped.
  package let onError: OnError
  /// Whether what it says holds.
  package let mode: PluginMode
  package let statistics: PluginStatistics
  /// The operations that are denied while it is tripped under `on-error: deny`.
  package let deniedWhenTripped: Set<Operation>

  /// By these hooks a handler has a say in who gets blocks. One that declares no hooks may answer any.
  private static let deciding: Set<Hook> = [.onAuthorized, .onHandshake, .onExtensionHandshake, .onRequest]

  package init(
    name: String, plugin: any Plugin, place: String, onError: OnError = .deny, budget: FaultBudget.Limits = FaultBudget.Limits(),
    mode: PluginMode = .enforce
  ) {
    (self.name, self.plugin, self.place, self.onError, self.mode) = (name, plugin, place, onError, mode)
    statistics = PluginStatistics(budget: budget)
    let hooks = type(of: plugin).hooks
    let hasSay = hooks.isEmpty ? plugin.guards.isEmpty : hooks.contains(where: Self.deciding.contains)
    deniedWhenTripped = hasSay ? plugin.guards.union([.request]) : plugin.guards
  }

  /// Whether nothing comes of what it says.
  package var isShadow: Bool { mode == .shadow }

  /// Whether the plugin is past its budget, and not called any more.
  package var isTripped: Bool { statistics.isTripped }

  /// Runs a hook that is no connection's: counted, timed, and seen by the watchdog. A throw is counted and passed on.
  package func call<Value, Failure: Error>(_ hook: Hook, _ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    let call = statistics.begin(hook)
    defer { statistics.end(call) }
    do throws(Failure) {
      return try body()
    } catch {
      statistics.countFault(hook)
      throw error
    }
  }

  /// Tells the plugin something in no connection's event. A throw is charged to its budget: hooks that peers can bring about, such as
  /// `onUnknownTorrent`, do not throw. Nothing is told to one that is tripped.
  package func tell(_ hook: Hook, _ body: () throws -> Void) {
    guard !isTripped else { return }
    let call = statistics.begin(hook)
    defer { statistics.end(call) }
    do {
      try body()
    } catch {
      statistics.chargeFault(hook, error)
    }
  }

  /// The verdict with the plugin's name and, where the verdict names no place of its own, that of the plugin's entry.
  func judgement(_ verdict: Verdict) -> Judgement {
    guard verdict.place == nil else { return Judgement(plugin: name, verdict: verdict) }
    let placed = Verdict(
      verdict.answer, reason: verdict.reason, rule: verdict.rule, place: place, validUntil: verdict.validUntil, scope: verdict.scope,
      shadows: verdict.shadows, isUnmatched: verdict.isUnmatched)
    return Judgement(plugin: name, verdict: placed)
  }

  /// A guard threw: that denies.
  func failed(_ hook: Hook, _ error: any Error) -> Judgement {
    judgement(.deny(PluginFailure(plugin: name, hook: hook, error: error).description, rule: "fault"))
  }

  /// What a tripped plugin says: nil where it is left out.
  func trippedJudgement(_ operation: Operation) -> Judgement? {
    let reason = "plugin \(name) is tripped: \(statistics.trip?.reason ?? "it is past its budget")"
    switch onError {
    case .deny: return deniedWhenTripped.contains(operation) ? judgement(.deny(reason, rule: "tripped")) : nil
    case .allow: return plugin.guards.contains(operation) ? judgement(.allow("\(reason); on-error allows", rule: "tripped")) : nil
    case .skip: return nil
    }
  }
}
