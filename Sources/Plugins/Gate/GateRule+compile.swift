internal import PluginKit

extension GateRule {
  /// The rules of a list in the settings, or in the file of this name. Every problem goes to `problems`.
  static func compile(
    _ settings: [Placed<GateRuleSettings>], list: GateList, file: String? = nil, problems: inout [SettingsProblem]
  ) -> [GateRule] {
    settings.enumerated().map { index, rule in
      let name = "\(list.rawValue)[\(index)]" + (file.map { " of \($0)" } ?? "")
      return GateRule(rule.value, name: name, list: list, place: rule.place, problems: &problems)
    }
  }

  private init(_ settings: GateRuleSettings, name: String, list: GateList, place: String?, problems: inout [SettingsProblem]) {
    var compiler = Compiler(name: name, list: list, place: place)
    (self.name, self.list, self.place) = (name, list, place)
    answer = compiler.answer(settings)
    peers = settings.peers.map { compiler.networks($0, "peers") }
    identities = settings.identities.map {
      compiler.items($0, "identities") { text throws(SettingsProblem) in try IdentityPattern(text) }
    }
    clients = settings.clients.map { compiler.items($0, "clients") { text throws(SettingsProblem) in try ClientPattern(text) } }
    artifacts = settings.artifacts.map { compiler.items($0, "artifacts", Compiler.artifact) }
    files = settings.files.map { compiler.items($0, "files", Compiler.path) }
    pieces = settings.pieces.map { pieces in
      let texts = pieces.map { Placed($0.value.text, place: $0.place) }
      return PieceRanges(compiler.items(texts, "pieces", Compiler.pieces))
    }
    window = compiler.window(settings.when)
    conditions = compiler.conditions(settings.when)
    inFlight = compiler.inFlight(settings.inFlight)
    prefer = settings.prefer.map { compiler.networks($0, "prefer") }
    note = compiler.note(settings.note)
    compiler.checkShape(settings)
    problems += compiler.problems
  }

  /// Compiles one rule's fields and gathers what is wrong with them.
  private struct Compiler {
    let name: String
    let list: GateList
    let place: String?
    var problems: [SettingsProblem] = []

    mutating func answer(_ settings: GateRuleSettings) -> GateAnswer {
      guard let text = settings.answer else { return .allow }
      guard let word = GateAnswer.Word(rawValue: text.value), list.answers.contains(word) else {
        let known = list.answers.map(\.rawValue).joined(separator: ", ")
        note(SettingsProblem("'\(text.value)' is none of \(known)", place: text.place), at: "answer")
        return .deny
      }
      switch word {
      case .allow: return .allow
      case .deny: return .deny
      case .shadow: return .shadow
      case .postpone: return .postpone(amount(settings.wait, "for", AmountText.span))
      case .limit: return amount(settings.rate, "rate", AmountText.rate).map { .limit($0) } ?? .deny
      }
    }

    private mutating func amount(
      _ text: Placed<String>?, _ field: String, _ parse: (String) throws(SettingsProblem) -> Int64
    ) -> Int64? {
      do throws(SettingsProblem) {
        return try text.map { text throws(SettingsProblem) in try parse(text.value) }
      } catch {
        note(SettingsProblem(error.message, place: text?.place), at: field)
        return nil
      }
    }

    mutating func networks(_ texts: [Placed<String>], _ field: String) -> NetworkTable {
      NetworkTable(items(texts, field) { text throws(SettingsProblem) in try NetworkText.parse(text) })
    }

    mutating func inFlight(_ count: Placed<Int>?) -> Int? {
      guard let count else { return nil }
      if !(1...10_000).contains(count.value) {
        note(SettingsProblem("expected 1 to 10000 blocks, found \(count.value)", place: count.place), at: "in-flight")
      }
      return count.value
    }

    /// Fields that mean nothing in the rule's list, or beside its answer.
    mutating func checkShape(_ settings: GateRuleSettings) {
      let word = settings.answer.flatMap { GateAnswer.Word(rawValue: $0.value) } ?? .allow
      if !list.isAboutBytes, settings.files != nil || settings.pieces != nil {
        problems.append(
          SettingsProblem("\(name): \(list.operation.rawValue) is given as a whole: files and pieces have no meaning here", place: place))
      }
      if word == .limit, settings.rate == nil { missing("answer: limit wants a rate such as 5 MiB/s") }
      if word == .postpone, settings.wait == nil, settings.when?.value.isAboutHours != true, settings.note.until == nil {
        missing("answer: postpone wants for, when or until: how long requests wait")
      }
      if word != .limit, let rate = settings.rate { stray("rate", "answer: limit", rate.place) }
      if word != .postpone, let wait = settings.wait { stray("for", "answer: postpone", wait.place) }
      if !list.counts, let bytes = settings.when?.value.bytesBelow { stray("when.bytes-below", Self.counting, bytes.place) }
      if !list.counts, let most = settings.when?.value.connectionsBelow { stray("when.connections-below", Self.counting, most.place) }
      if list != .writeRequest, let count = settings.inFlight { stray("in-flight", "write_request", count.place) }
      if list != .writeRequest, let prefer = settings.prefer { stray("prefer", "write_request", prefer.first?.place) }
    }

    private static let counting = "on_request, metadata and connect"

    private mutating func missing(_ text: String) { problems.append(SettingsProblem("\(name): \(text)", place: place)) }

    private mutating func stray(_ field: String, _ home: String, _ place: String?) {
      problems.append(SettingsProblem("\(name).\(field) is for rules of \(home) only", place: place ?? self.place))
    }

    mutating func items<Item>(
      _ texts: [Placed<String>], _ field: String, _ parse: (String) throws(SettingsProblem) -> Item
    ) -> [Item] {
      var items: [Item] = []
      for (index, text) in texts.enumerated() {
        do throws(SettingsProblem) {
          items.append(try parse(text.value))
        } catch {
          note(SettingsProblem(error.message, place: text.place), at: "\(field)[\(index)]")
        }
      }
      return items
    }

    mutating func window(_ settings: Placed<TimeWindowSettings>?) -> TimeWindow? {
      do throws(SettingsProblem) {
        guard let settings, settings.value.isAboutHours else { return nil }
        return try settings.value.compiled()
      } catch {
        note(SettingsProblem(error.message, place: error.place ?? settings?.place), at: nil)
        return nil
      }
    }

    mutating func conditions(_ settings: Placed<TimeWindowSettings>?) -> GateConditions {
      do throws(SettingsProblem) {
        return try settings?.value.compiledConditions() ?? GateConditions()
      } catch {
        note(SettingsProblem(error.message, place: error.place ?? settings?.place), at: nil)
        return GateConditions()
      }
    }

    mutating func note(_ settings: NoteSettings) -> Note {
      do throws(SettingsProblem) {
        return try settings.compiled()
      } catch {
        note(error, at: nil)
        return Note()
      }
    }

    private mutating func note(_ problem: SettingsProblem, at field: String?) {
      let path = field.map { "\(name).\($0): " } ?? "\(name)."
      problems.append(SettingsProblem(path + problem.message, place: problem.place ?? place))
    }

    static func artifact(_ text: String) throws(SettingsProblem) -> ArtifactPattern {
      do throws(Glob.Problem) { return try ArtifactPattern(text) } catch { throw SettingsProblem(error.description) }
    }

    static func path(_ text: String) throws(SettingsProblem) -> Glob {
      do throws(Glob.Problem) { return try Glob(text, .path) } catch { throw SettingsProblem(error.description) }
    }

    static func pieces(_ text: String) throws(SettingsProblem) -> ClosedRange<Int> {
      guard let range = PieceRanges.parse(text) else {
        throw SettingsProblem("'\(text)' is neither a piece such as 120 nor a range such as 0-99")
      }
      return range
    }
  }
}
