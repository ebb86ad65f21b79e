/// The judgement.
extension ReadinessFacts {
  package var checks: [ReadinessDocument.Check] {
    [running, listeners, inventoryCheck, policy, certificatesCheck, artifacts, trackersCheck, disk]
  }

  private var running: ReadinessDocument.Check {
    .init("running", ok: !isStopping, required: true, reason: isStopping ? "the node is stopping" : "the node runs")
  }

  private var listeners: ReadinessDocument.Check {
    let closed = addresses.filter { $0.open < $0.wanted }.map { "\($0.kind): \($0.open) of \($0.wanted) are open" }
    let open = addresses.filter { $0.wanted > 0 }.map { "\($0.kind): \($0.open)" }
    let isListening = closed.isEmpty && !open.isEmpty
    return .init(
      "listeners", ok: isListening, required: true,
      reason: isListening ? "open: \(open.joined(separator: ", "))" : closed.isEmpty ? "there are none" : closed.joined(separator: "; "))
  }

  private var inventoryCheck: ReadinessDocument.Check {
    switch inventory {
    case .answers: .init("inventory", ok: true, required: true, reason: "it answers")
    case .silent: .init("inventory", ok: false, required: true, reason: "it has not answered in time")
    case .fails(let problem): .init("inventory", ok: false, required: true, reason: problem)
    }
  }

  private var policy: ReadinessDocument.Check {
    guard policyGeneration > 0 else { return .init("policy", ok: false, required: true, reason: "no policy is in force") }
    let generation = "generation \(policyGeneration) is in force"
    guard !trippedGuards.isEmpty else { return .init("policy", ok: true, required: true, reason: generation) }
    let names = trippedGuards.joined(separator: ", ")
    return .init("policy", ok: false, required: true, reason: "\(generation), and denies everything: \(names) failed too often")
  }

  private var certificatesCheck: ReadinessDocument.Check {
    let name = "certificates"
    guard !certificates.isEmpty else { return .init(name, ok: true, required: true, reason: "none is shown") }
    let over = certificates.compactMap { certificate in
      if certificate.daysLeft < 0 { return "\(certificate.entry): expired" }
      return (certificate.revocationDaysLeft ?? 0) < 0 ? "\(certificate.entry): a revocation list has expired" : nil
    }
    guard over.isEmpty else { return .init(name, ok: false, required: true, reason: over.joined(separator: "; ")) }
    let left = certificates.map { "\($0.entry): \($0.daysLeft) days left" }.joined(separator: "; ")
    return .init(name, ok: true, required: true, reason: left)
  }

  private var artifacts: ReadinessDocument.Check {
    guard let doubtful, let unserved else {
      return .init("artifacts", ok: false, required: false, reason: "the inventory has not said how they are")
    }
    var parts: [String] = []
    if doubtful > 0 { parts.append("\(doubtful) to be verified") }
    if unserved > 0 { parts.append("\(unserved) changed, missing or failed") }
    let reason = parts.isEmpty ? "none is in doubt" : parts.joined(separator: ", ")
    return .init("artifacts", ok: parts.isEmpty, required: false, reason: reason)
  }

  private var trackersCheck: ReadinessDocument.Check {
    let name = "trackers"
    guard let failingTrackers else { return .init(name, ok: false, required: false, reason: "the announcer has not answered in time") }
    guard allTrackers > 0 else { return .init(name, ok: true, required: false, reason: "none is announced to") }
    return .init(name, ok: failingTrackers == 0, required: false, reason: "\(failingTrackers) of \(allTrackers) fail")
  }

  private var disk: ReadinessDocument.Check {
    let name = "disk"
    guard let disks else { return .init(name, ok: false, required: false, reason: "it has not answered in time") }
    let full = disks.filter(\.isNearlyFull).map { "\($0.path): \($0.free >> 20) MiB are free" }
    guard full.isEmpty else { return .init(name, ok: false, required: false, reason: full.joined(separator: "; ")) }
    guard let budget else { return .init(name, ok: true, required: false, reason: "there is room") }
    return .init(
      name, ok: budget.percent <= budget.high, required: false,
      reason: "\(budget.percent)% of disk.max are used, the high water is \(budget.high)%")
  }
}
