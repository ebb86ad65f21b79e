import Synchronization

/// Guards of `connect` that may have to wait.
extension Pipeline {
  /// How many questions of one plugin may be open although their connections are gone: an `admit` that does not heed cancellation must not
  /// pile up.
  package static let orphansAllowed = 64

  /// Whether a guard of `connect` wants to wait.
  package var admitsAsynchronously: Bool { guards(of: .connect).contains { $0.plugin.admitsAsynchronously && !$0.isTripped } }

  /// Asks every guard of `connect`, waiting for those that must. Nobody is asked any more once the task is cancelled.
  package func admit(_ facts: PeerFacts) async -> Decision {
    var judgements: [Judgement] = []
    for installed in voices(of: .connect) {
      if let judgement = await admit(installed, facts) { judgements.append(judgement) }
    }
    return Decision(operation: .connect, judgements: judgements, shadows: shadowJudgements(.connect, facts))
  }

  /// Whether a guard of `connect` in shadow wants to wait.
  package var shadowsAdmitAsynchronously: Bool { shadows(of: .connect).contains { $0.plugin.admitsAsynchronously && !$0.isTripped } }

  /// What the guards of `connect` in shadow say that wait. The peer does not wait for them.
  package func admitShadows(_ facts: PeerFacts) async -> [Judgement] {
    var judgements: [Judgement] = []
    for installed in shadows(of: .connect) where installed.plugin.admitsAsynchronously && !installed.isTripped {
      // Nobody's deadline bounds them: past this many open questions no more are asked.
      guard installed.statistics.calls.count < Self.orphansAllowed else { continue }
      if let judgement = await admit(installed, facts) { judgements.append(judgement) }
    }
    return judgements
  }

  private func admit(_ installed: InstalledPlugin, _ facts: PeerFacts) async -> Judgement? {
    guard !installed.isTripped else { return installed.trippedJudgement(.connect) }
    guard !Task.isCancelled else { return installed.judgement(.deny("the connection was gone before the question was asked")) }
    guard installed.statistics.orphans.load(ordering: .relaxed) < Self.orphansAllowed else {
      let reason = "plugin \(installed.name) has not answered \(Self.orphansAllowed) questions whose connections are gone"
      return installed.judgement(.deny(reason, rule: "fault"))
    }
    let call = installed.statistics.begin(.admit)
    // An answer that takes long is no fault: a deadline bounds it.
    defer { installed.statistics.end(call, isTimed: false) }
    do {
      return settled(installed.judgement(try await ask(installed, facts)), .connect, facts)
    } catch {
      installed.statistics.countFault(.admit)
      return installed.failed(.admit, error)
    }
  }

  private func ask(_ installed: InstalledPlugin, _ facts: PeerFacts) async throws -> Verdict {
    let question = AdmitQuestion(installed.statistics)
    defer { question.answered() }
    return try await withTaskCancellationHandler {
      try await installed.plugin.admit(facts)
    } onCancel: {
      question.orphaned()
    }
  }
}

/// A question of `admit`: whoever comes first, the answer or the end of the connection, settles whether it is an orphan.
private final class AdmitQuestion: Sendable {
  private enum Fate { case open, orphaned, answered }

  private let fate = Mutex(Fate.open)
  private let statistics: PluginStatistics

  init(_ statistics: PluginStatistics) {
    self.statistics = statistics
  }

  func orphaned() {
    let orphans: Int? = fate.withLock { fate in
      guard fate == .open else { return nil }
      fate = .orphaned
      return statistics.orphans.add(1, ordering: .relaxed).newValue
    }
    // Once for each time that the bound is reached: a crowd of peers must not be able to trip the plugin faster than it fails.
    guard orphans == Pipeline.orphansAllowed else { return }
    statistics.charge("\(Hook.admit.rawValue): \(Pipeline.orphansAllowed) questions outlive their connections")
  }

  func answered() {
    fate.withLock { fate in
      if fate == .orphaned { statistics.orphans.subtract(1, ordering: .relaxed) }
      fate = .answered
    }
  }
}
