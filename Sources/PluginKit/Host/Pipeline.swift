/// A plugin as it stands in the pipeline.
package struct InstalledPlugin: Sendable {
  package let name: String
  package let plugin: any Plugin
  /// Where its entry stands: `FILE:LINE:COLUMN`.
  package let place: String
  package let statistics = PluginStatistics()

  package init(name: String, plugin: any Plugin, place: String) {
    (self.name, self.plugin, self.place) = (name, plugin, place)
  }
}

extension InstalledPlugin {
  /// The verdict with the plugin's name and, where the verdict names no place of its own, that of the plugin's entry.
  func judgement(_ verdict: Verdict) -> Judgement {
    guard verdict.place == nil else { return Judgement(plugin: name, verdict: verdict) }
    let placed = Verdict(
      verdict.answer, reason: verdict.reason, rule: verdict.rule, place: place, validUntil: verdict.validUntil, scope: verdict.scope)
    return Judgement(plugin: name, verdict: placed)
  }
}

/// The pipeline of one policy generation: guards and handlers in the YAML's order. Immutable; a reload makes another.
package struct Pipeline: Sendable {
  package let plugins: [InstalledPlugin]
  package let generation: UInt64
  /// The extended messages that plugins receive, with the ids that the host gave them: 1… in the pipeline's order.
  package let messages: MessageTable
  private let guardsByOperation: [Operation: [InstalledPlugin]]

  /// Throws `SettingsProblem` where two plugins claim one extended message.
  package init(plugins: [InstalledPlugin], generation: UInt64) throws {
    (self.plugins, self.generation) = (plugins, generation)
    messages = try MessageTable(plugins: plugins)
    guardsByOperation = Dictionary(
      uniqueKeysWithValues: Operation.allCases.map { operation in (operation, plugins.filter { $0.plugin.guards.contains(operation) }) })
  }

  /// The plugins that guard the operation, in the pipeline's order.
  package func guards(of operation: Operation) -> [InstalledPlugin] { guardsByOperation[operation] ?? [] }

  /// Whether anything decides who may connect.
  package var isGuarded: Bool { !guards(of: .connect).isEmpty }

  /// Asks every guard of the operation. A guard that throws denies.
  package func decide(_ operation: Operation, _ facts: PeerFacts) -> Decision {
    Decision(operation: operation, judgements: guards(of: operation).map { judge($0, operation, facts) })
  }

  /// Whether a guard of `connect` wants to wait.
  package var admitsAsynchronously: Bool { guards(of: .connect).contains { $0.plugin.admitsAsynchronously } }

  /// Asks every guard of `connect`, waiting for those that must.
  package func admit(_ facts: PeerFacts) async -> Decision {
    var judgements: [Judgement] = []
    for installed in guards(of: .connect) {
      installed.statistics.count(.admit)
      do {
        judgements.append(installed.judgement(try await installed.plugin.admit(facts)))
      } catch {
        judgements.append(Judgement(plugin: installed.name, verdict: fault(installed, .admit, error)))
      }
    }
    return Decision(operation: .connect, judgements: judgements)
  }

  /// Compiles what the peer may do with the artifact that the facts name.
  package func grant(_ facts: PeerFacts) -> Grant {
    Grant(
      metadata: decide(.metadata, facts), request: decide(.request, facts), message: decide(.message, facts), generation: generation)
  }

  private func judge(_ installed: InstalledPlugin, _ operation: Operation, _ facts: PeerFacts) -> Judgement {
    installed.statistics.count(.judge)
    do {
      return installed.judgement(try installed.plugin.judge(operation, facts))
    } catch {
      return Judgement(plugin: installed.name, verdict: fault(installed, .judge, error))
    }
  }

  private func fault(_ installed: InstalledPlugin, _ hook: Hook, _ error: any Error) -> Verdict {
    installed.statistics.countFault(hook)
    return .deny(PluginFailure(plugin: installed.name, hook: hook, error: error).description, rule: "fault", place: installed.place)
  }
}

/// Extended-message names and the ids under which we receive them (BEP 10).
package struct MessageTable: Sendable {
  package struct Row: Sendable {
    package let name: String
    package let id: UInt8
    package let maximumSize: Int
  }

  /// What the session itself understands: BEP 54 and BEP 21.
  private static let core = ["lt_donthave", "upload_only"]

  package let rows: [Row]

  init(plugins: [InstalledPlugin]) throws {
    var rows: [Row] = []
    for installed in plugins {
      for message in installed.plugin.extendedMessages {
        guard !rows.contains(where: { $0.name == message.name }) else {
          throw SettingsProblem("two plugins receive the extended message \(message.name)", place: installed.place)
        }
        guard let id = UInt8(exactly: rows.count + 1) else {
          throw SettingsProblem("more than 255 extended messages", place: installed.place)
        }
        rows.append(Row(name: message.name, id: id, maximumSize: message.maximumSize))
      }
    }
    for name in Self.core where !rows.contains(where: { $0.name == name }) {
      guard let id = UInt8(exactly: rows.count + 1) else { break }
      rows.append(Row(name: name, id: id, maximumSize: 16))
    }
    self.rows = rows
  }

  package func row(id: UInt8) -> Row? { id > 0 && Int(id) <= rows.count ? rows[Int(id) - 1] : nil }
  package var ids: [String: UInt8] { Dictionary(rows.map { ($0.name, $0.id) }) { first, _ in first } }
  package var largest: Int { rows.map(\.maximumSize).max() ?? 0 }
}
