import Metainfo
internal import PluginKit

extension QuotaRule {
  /// The rules of the settings. Every problem goes to `problems`.
  static func compile(_ settings: [Placed<QuotaRuleSettings>], problems: inout [SettingsProblem]) -> [QuotaRule] {
    var rules: [QuotaRule] = []
    for (index, placed) in settings.enumerated() {
      let rule = QuotaRule(placed.value, name: "quota[\(index)]", place: placed.place, problems: &problems)
      if let twin = rules.first(where: { $0.identity == rule.identity && $0.hasSameMeasure(as: rule) }) {
        problems.append(SettingsProblem("\(rule.name) counts the same as \(twin.name): write one rule", place: placed.place))
      }
      rules.append(rule)
    }
    return rules
  }

  private func hasSameMeasure(as other: QuotaRule) -> Bool {
    (rate != nil && other.rate != nil) || meters.contains { own in other.meters.contains { $0.measure == own.measure } }
  }

  private init(_ settings: QuotaRuleSettings, name: String, place: String?, problems: inout [SettingsProblem]) {
    var compiler = Compiler(name: name, place: place)
    (self.name, self.place) = (name, place)
    principals = settings.principals.map { QuotaPrincipals(compiler.items($0, "principals", QuotaPrincipals.Item.init)) }
    artifacts = settings.artifacts.map { compiler.items($0, "artifacts") { text throws(SettingsProblem) in try Compiler.artifact(text) } }
    subject = compiler.subject(settings.per)
    rate = compiler.amount(settings.rate, "rate") { text throws(SettingsProblem) in try AmountText.rate(text) }
    let window = compiler.window(settings)
    meters = compiler.meters(settings, window)
    note = compiler.note(settings.note)
    compiler.checkShape(settings)
    problems += compiler.problems
    let parts = [settings.principals, settings.artifacts].map { $0.map { $0.map(\.value).sorted().joined(separator: " ") } ?? "*" }
    let text = (parts + [subject.rawValue, "\(window.length)", "\(window.isSliding)"]).joined(separator: "|")
    identity = String(SHA1Digest.hash(of: Array(text.utf8)).description.prefix(16))
  }

  /// Compiles one rule's fields and gathers what is wrong with them.
  private struct Compiler {
    let name: String
    let place: String?
    var problems: [SettingsProblem] = []

    mutating func items<Item>(
      _ texts: [Placed<String>], _ field: String, _ parse: (String) throws(SettingsProblem) -> Item
    ) -> [Item] {
      var items: [Item] = []
      for (index, text) in texts.enumerated() {
        do throws(SettingsProblem) {
          items.append(try parse(text.value))
        } catch {
          problem(error.message, at: "\(field)[\(index)]", text.place)
        }
      }
      return items
    }

    mutating func subject(_ text: Placed<String>?) -> Subject {
      guard let text else { return .principal }
      if let subject = Subject(rawValue: text.value) { return subject }
      let known = Subject.allCases.map(\.rawValue).joined(separator: ", ")
      problem("'\(text.value)' is none of \(known)", at: "per", text.place)
      return .principal
    }

    mutating func amount(
      _ settings: Placed<AmountSettings>?, _ field: String, _ parse: (String) throws(SettingsProblem) -> Int64
    ) -> Int64? {
      guard let settings else { return nil }
      do throws(SettingsProblem) {
        return try parse(settings.value.text)
      } catch {
        problem(error.message, at: field, settings.place)
        return nil
      }
    }

    mutating func window(_ settings: QuotaRuleSettings) -> QuotaWindow {
      let length = amount(settings.window, "window") { text throws(SettingsProblem) in
        let span = try AmountText.span(text)
        guard span <= 366 * 86_400_000_000_000 else { throw SettingsProblem("the longest is 366d") }
        return span
      }
      return QuotaWindow(length: length ?? 86_400_000_000_000, isSliding: settings.sliding?.value ?? false)
    }

    mutating func meters(_ settings: QuotaRuleSettings, _ window: QuotaWindow) -> [Meter] {
      var meters: [Meter] = []
      if let bytes = amount(settings.bytes, "bytes", { text throws(SettingsProblem) in try AmountText.size(text) }) {
        if bytes < Int64(Block.standardLength) { problem("the least is 16 KiB, one block", at: "bytes", settings.bytes?.place) }
        meters.append(Meter(measure: .bytes, limit: bytes, window: window))
      }
      if let blocks = settings.blocks {
        if blocks.value < 1 { problem("the least is 1", at: "blocks", blocks.place) }
        meters.append(Meter(measure: .blocks, limit: Int64(max(1, blocks.value)), window: window))
      }
      return meters
    }

    mutating func note(_ settings: NoteSettings) -> Note {
      do throws(SettingsProblem) {
        return try settings.compiled()
      } catch {
        problems.append(SettingsProblem("\(name).\(error.message)", place: error.place ?? place))
        return Note()
      }
    }

    /// A rule limits something, and says over which time.
    mutating func checkShape(_ settings: QuotaRuleSettings) {
      let counts = settings.bytes != nil || settings.blocks != nil
      if !counts, settings.rate == nil {
        problems.append(SettingsProblem("\(name) limits nothing: write bytes, blocks or rate", place: place))
      }
      if counts, settings.window == nil {
        problems.append(SettingsProblem("\(name): bytes and blocks want a window, such as window: 1d", place: place))
      }
      if !counts, let stray = settings.window?.place ?? settings.sliding?.place {
        problem("a rate has no window", at: "window", stray)
      }
    }

    private mutating func problem(_ message: String, at field: String, _ place: String?) {
      problems.append(SettingsProblem("\(name).\(field): \(message)", place: place ?? self.place))
    }

    static func artifact(_ text: String) throws(SettingsProblem) -> ArtifactPattern {
      do throws(Glob.Problem) { return try ArtifactPattern(text) } catch { throw SettingsProblem(error.description) }
    }
  }
}
