import PluginKit

/// Gives new artifacts to a part of the machines at first, and to more as time goes on.
///
/// A guard of `request` and `metadata`. Artifacts take part that carry the label `rollout`; its value names a plan of stages. Which machines are
/// among the first of an artifact is a matter of their principal and its info-hash: always the same ones for one artifact, others for the next.
public struct RolloutPlugin: Plugin {
  public static let name = "rollout"
  public static let summary = "guards request and metadata: artifacts labelled rollout=PLAN go to a part of the machines first"
  public static let hooks: [Hook] = [.judge]

  public let guards: Set<PluginKit.Operation> = [.request, .metadata]
  private let plans: [String: RolloutPlan]
  private let first: [IPNetwork]

  public init(settings: RolloutSettings, services: PluginServices) throws {
    var problems: [SettingsProblem] = []
    plans = Dictionary(
      uniqueKeysWithValues: settings.plans.value.sorted { $0.key < $1.key }.map { name, stages in
        (name, RolloutPlan(name, stages, problems: &problems))
      })
    if plans.isEmpty { problems.append(SettingsProblem("there is no plan", place: settings.plans.place)) }
    first = settings.first.compactMap { text in
      if let network = IPNetwork(text.value), !network.hasHostBits { return network }
      problems.append(SettingsProblem("'\(text.value)' is not a network such as 10.1.0.0/16", place: text.place))
      return nil
    }
    guard problems.isEmpty else { throw SettingsProblems(problems) }
  }

  public func judge(_ operation: PluginKit.Operation, _ facts: PeerFacts) throws -> Verdict {
    guard let artifact = facts.artifact else { return .deny("rollouts are of artifacts, and none of ours was named") }
    guard let name = artifact.labels["rollout"] else { return .allow("the artifact is in no rollout") }
    if let index = first.firstIndex(where: { $0.contains(facts.address.ip) }) {
      return .allow("\(facts.address.ip) is in \(first[index]), which has everything at once", rule: "first[\(index)]")
    }
    guard let plan = plans[name] else { return .deny("there is no plan for the artifact's label", rule: "plans") }
    return plan.verdict(part: Self.part(facts.principal, artifact.infoHash), now: facts.now)
  }

  /// The machine's place among a hundred parts: FNV-1a, which is quick, spreads well, and is the same everywhere.
  static func part(_ principal: String, _ infoHash: InfoHash) -> Int {
    let bytes = Array(principal.utf8) + infoHash.preferredWire.bytes
    let hash = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    // The low bits of FNV depend on the last bytes only in part: the high ones are folded in.
    return Int((hash ^ hash >> 32) % 100)
  }
}
