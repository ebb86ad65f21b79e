package import PluginKit

/// Guards `request` and `metadata`: rules say which peers may have which artifacts, files or pieces, and when.
///
/// `on_request` rules are asked in their order; the first that covers a byte of the artifact decides it, and what no rule covers is denied.
/// `metadata` rules are asked in the same way. Where there are none, a peer may have the metadata exactly when it may have the whole artifact,
/// because the metadata names every file.
package struct GatePlugin: Plugin {
  package static let name = "gate"
  package static let summary = "guards request and metadata: rules for peers, artifacts, files, pieces and hours"
  package static let hooks: [Hook] = [.judge]

  package let guards: Set<Operation> = [.request, .metadata]
  private let requests: GateRules
  private let metadata: GateRules?

  package init(settings: GateSettings, services: PluginServices) throws {
    var problems: [SettingsProblem] = []
    if let writeRequest = settings.writeRequest {
      problems.append(
        SettingsProblem("write_request rules need the download side, which this build does not have", place: writeRequest.place))
    }
    requests = GateRules(name: "on_request", rules: GateRule.compile(settings.onRequest, list: "on_request", problems: &problems))
    metadata = settings.metadata.map { rules in
      GateRules(name: "metadata", rules: GateRule.compile(rules, list: "metadata", problems: &problems))
    }
    problems += (metadata?.rules ?? []).filter { !$0.isUnlimited }.map { rule in
      SettingsProblem("\(rule.name): metadata is given as a whole: files and pieces have no meaning here", place: rule.place)
    }
    guard problems.isEmpty else { throw SettingsProblems(problems) }
  }

  package var warnings: [String] {
    let lists = [requests, metadata].compactMap { $0 }
    return lists.flatMap { list in
      list.rules.isEmpty ? ["gate.\(list.name) is empty: it allows nobody"] : list.rules.compactMap(\.emptiness).map { "gate.\($0)" }
    }
  }

  package func judge(_ operation: Operation, _ facts: PeerFacts) throws -> Verdict {
    guard let artifact = facts.artifact else { return .deny("the gate answers for artifacts, and none of ours was named") }
    switch operation {
    case .request: return requests.outcome(facts, artifact).verdict
    case .metadata: return metadata?.outcome(facts, artifact).verdict ?? metadataByRequests(facts, artifact)
    case .connect, .ask, .announce, .message: return .deny("the gate answers for request and metadata only")
    }
  }

  private func metadataByRequests(_ facts: PeerFacts, _ artifact: ArtifactFacts) -> Verdict {
    let outcome = requests.outcome(facts, artifact)
    guard case .part = outcome.scope else { return outcome.verdict }
    return .deny(
      "gate.on_request allows a part only, and the metadata names every file", rule: outcome.rule?.name, place: outcome.rule?.place,
      validUntil: outcome.validUntil)
  }
}
