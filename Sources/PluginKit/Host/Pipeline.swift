/// The pipeline of one policy generation: guards and handlers in the YAML's order. Immutable; a reload makes another.
package struct Pipeline: Sendable {
  package let plugins: [InstalledPlugin]
  package let generation: UInt64
  /// The extended messages that plugins receive, with the ids that the host gave them: 1… in the pipeline's order.
  package let messages: MessageTable
  /// The plugin that has words with each peer before it is authorized.
  package let conversing: InstalledPlugin?
  /// What operators have allowed by hand.
  package let approvals: any Approvals
  /// Those that count what peers have had.
  let historians: [InstalledPlugin]
  private let guardsByOperation: [Operation: [InstalledPlugin]]
  /// The plugins that are asked about an operation, or deny it once they are tripped.
  private let voicesByOperation: [Operation: [InstalledPlugin]]
  /// The guards that are asked and not heeded.
  private let shadowsByOperation: [Operation: [InstalledPlugin]]

  /// Throws `SettingsProblem` where two plugins claim one extended message, or would both have words with peers.
  package init(plugins: [InstalledPlugin], generation: UInt64, approvals: any Approvals = NoApprovals()) throws {
    (self.plugins, self.generation, self.approvals) = (plugins, generation, approvals)
    messages = try MessageTable(plugins: plugins)
    conversing = try Self.conversing(plugins)
    historians = plugins.filter { $0.plugin.keepsHistory }
    let (shadows, enforced) = (plugins.filter(\.isShadow), plugins.filter { !$0.isShadow })
    guardsByOperation = Self.byOperation { operation in enforced.filter { $0.plugin.guards.contains(operation) } }
    voicesByOperation = Self.byOperation { operation in
      enforced.filter { $0.plugin.guards.contains(operation) || $0.deniedWhenTripped.contains(operation) }
    }
    shadowsByOperation = Self.byOperation { operation in shadows.filter { $0.plugin.guards.contains(operation) } }
  }

  private static func byOperation(_ plugins: (Operation) -> [InstalledPlugin]) -> [Operation: [InstalledPlugin]] {
    Dictionary(uniqueKeysWithValues: Operation.allCases.map { ($0, plugins($0)) })
  }

  private static func conversing(_ plugins: [InstalledPlugin]) throws(SettingsProblem) -> InstalledPlugin? {
    let all = plugins.filter { $0.plugin.conversation != nil }
    guard all.count < 2 else {
      throw SettingsProblem("\(all[0].name) and \(all[1].name) would both have words with each peer: one may", place: all[1].place)
    }
    if let shadow = all.first(where: \.isShadow) {
      throw SettingsProblem("\(shadow.name) has words with each peer, which is no shadow: leave out its mode", place: shadow.place)
    }
    return all.first
  }

  /// The plugins that guard the operation, in the pipeline's order. Those in shadow guard nothing.
  package func guards(of operation: Operation) -> [InstalledPlugin] { guardsByOperation[operation] ?? [] }

  /// Whether anything decides who may connect, whatever happens to it: a guard that lets everybody in once it is tripped does not.
  package var isGuarded: Bool { guards(of: .connect).contains { $0.onError == .deny } }

  /// Asks every guard of the operation. A guard that throws denies; for one that is tripped its `on-error` answers.
  package func decide(_ operation: Operation, _ facts: PeerFacts) -> Decision {
    Decision(
      operation: operation, judgements: voices(of: operation).compactMap { judge($0, operation, facts) },
      shadows: shadowJudgements(operation, facts))
  }

  /// The guards of the operation that are in shadow.
  package func shadows(of operation: Operation) -> [InstalledPlugin] { shadowsByOperation[operation] ?? [] }

  /// Counts what in shadow would have been refused, for `status`.
  package func countShadows(_ refusals: [Judgement]) {
    for refusal in refusals { plugins.first { $0.name == refusal.plugin }?.statistics.countShadowed() }
  }

  /// What guards in shadow say at once.
  func shadowJudgements(_ operation: Operation, _ facts: PeerFacts) -> [Judgement] {
    let shadows = shadows(of: operation)
    guard !shadows.isEmpty else { return [] }
    return shadows.filter { operation != .connect || !$0.plugin.admitsAsynchronously }.compactMap { installed in
      installed.isTripped ? nil : judge(installed, operation, facts)
    }
  }

  /// Compiles what the peer may do with the artifact that the facts name.
  package func grant(_ facts: PeerFacts) -> Grant {
    Grant(
      metadata: decide(.metadata, facts), request: decide(.request, facts), message: decide(.message, facts),
      announce: decide(.announce, facts), generation: generation)
  }

  /// Whether a plugin that is tripped denies the operation to everybody.
  package func isDeniedByTrip(_ operation: Operation) -> Bool {
    voices(of: operation).contains { $0.isTripped && $0.trippedJudgement(operation)?.verdict.isAllowed == false }
  }

  func voices(of operation: Operation) -> [InstalledPlugin] { voicesByOperation[operation] ?? [] }

  private func judge(_ installed: InstalledPlugin, _ operation: Operation, _ facts: PeerFacts) -> Judgement? {
    guard !installed.isTripped else { return installed.trippedJudgement(operation) }
    guard installed.plugin.guards.contains(operation) else { return nil }
    do {
      let verdict = try installed.call(.judge) { try installed.plugin.judge(operation, facts) }
      return settled(installed.judgement(verdict), operation, facts)
    } catch {
      return installed.failed(.judge, error)
    }
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
    // Peers are not told of messages that would not be heeded.
    for installed in plugins where !installed.isShadow {
      for message in installed.plugin.extendedMessages + [installed.plugin.conversation].compactMap({ $0 }) {
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

  /// The table with one more message of the core's, where no plugin receives it and there is a number left.
  package func adding(_ name: String, maximumSize: Int) -> MessageTable {
    guard !rows.contains(where: { $0.name == name }), let id = UInt8(exactly: rows.count + 1) else { return self }
    return MessageTable(rows: rows + [Row(name: name, id: id, maximumSize: maximumSize)])
  }

  private init(rows: [Row]) { self.rows = rows }

  package func row(id: UInt8) -> Row? { id > 0 && Int(id) <= rows.count ? rows[Int(id) - 1] : nil }
  package var ids: [String: UInt8] { Dictionary(rows.map { ($0.name, $0.id) }) { first, _ in first } }
  package var largest: Int { rows.map(\.maximumSize).max() ?? 0 }
}
