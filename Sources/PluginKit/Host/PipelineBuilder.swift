import Logging

/// An entry of the YAML's `pipeline`: a plugin's name, where its settings come from, and what the host is to do when it fails.
package struct PipelineEntry {
  package let name: String
  package let place: String
  package let settings: any SettingsSource
  package let onError: OnError
  package let budget: FaultBudget.Limits
  package let mode: PluginMode

  package init(
    name: String, place: String, settings: any SettingsSource, onError: OnError = .deny, budget: FaultBudget.Limits = FaultBudget.Limits(),
    mode: PluginMode = .enforce
  ) {
    (self.name, self.place, self.settings) = (name, place, settings)
    (self.onError, self.budget, self.mode) = (onError, budget, mode)
  }
}

/// A problem with an entry of the pipeline.
package struct PipelineProblem: Error, Sendable, CustomStringConvertible {
  package let place: String
  package let message: String
  package var description: String { "\(place): \(message)" }

  package init(place: String, message: String) {
    (self.place, self.message) = (place, message)
  }
}

/// Makes a pipeline from the entries of a configuration.
package struct PipelineBuilder {
  package let registry: PluginRegistry
  /// The ports of an entry: by its plugin's name, with `#2` and so on behind it for a name that stood in the pipeline before.
  package let services: @Sendable (_ plugin: String) -> PluginServices
  /// Turns what a settings source threw into lines with places; what it does not know gives nil.
  package let explain: @Sendable (any Error) -> [PipelineProblem]?
  /// What operators have allowed by hand.
  package let approvals: any Approvals

  package init(
    registry: PluginRegistry, services: @escaping @Sendable (String) -> PluginServices,
    explain: @escaping @Sendable (any Error) -> [PipelineProblem]?, approvals: any Approvals = NoApprovals()
  ) {
    (self.registry, self.services, self.explain, self.approvals) = (registry, services, explain, approvals)
  }

  /// The pipeline, or every problem of every entry.
  package func build(_ entries: [PipelineEntry], generation: UInt64) -> Result<Pipeline, PipelineProblems> {
    var installed: [InstalledPlugin] = []
    var problems: [PipelineProblem] = []
    var seen: [String: Int] = [:]
    for (index, entry) in entries.enumerated() {
      seen[entry.name, default: 0] += 1
      switch make(entry, number: seen[entry.name] ?? 1, path: "pipeline[\(index)]") {
      case .success(let plugin): installed.append(plugin)
      case .failure(let found): problems += found.problems
      }
    }
    guard problems.isEmpty else { return .failure(PipelineProblems(problems)) }
    do {
      return .success(try Pipeline(plugins: installed, generation: generation, approvals: approvals))
    } catch {
      return .failure(PipelineProblems(explained(error, place: entries.first?.place ?? "")))
    }
  }

  private func make(_ entry: PipelineEntry, number: Int, path: String) -> Result<InstalledPlugin, PipelineProblems> {
    guard let found = registry.entry(named: entry.name) else {
      let known = registry.entries.map(\.name).joined(separator: ", ")
      let problem = PipelineProblem(place: entry.place, message: "\(path): no plugin is called '\(entry.name)'; there are: \(known)")
      return .failure(PipelineProblems([problem]))
    }
    do {
      var ports = services(number == 1 ? entry.name : "\(entry.name)#\(number)")
      if entry.mode == .shadow { ports.journal = ShadowJournal(journal: ports.journal) }
      let plugin = try found.make(entry.settings, ports)
      return .success(
        InstalledPlugin(
          name: entry.name, plugin: plugin, place: entry.place, onError: entry.onError, budget: entry.budget, mode: entry.mode))
    } catch {
      return .failure(PipelineProblems(explained(error, place: entry.settings.place, prefix: "\(path).\(entry.name): ")))
    }
  }

  private func explained(_ error: any Error, place: String, prefix: String = "") -> [PipelineProblem] {
    if let known = explain(error) { return known }
    let problems = (error as? SettingsProblems)?.problems ?? (error as? SettingsProblem).map { [$0] }
    if let problems {
      return problems.map { PipelineProblem(place: $0.place ?? place, message: prefix + $0.message) }
    }
    return [PipelineProblem(place: place, message: prefix + String(describing: error))]
  }
}

/// All problems of a pipeline.
package struct PipelineProblems: Error, Sendable {
  package let problems: [PipelineProblem]

  package init(_ problems: [PipelineProblem]) {
    self.problems = problems
  }
}
