internal import PluginKit

extension GateRule {
  /// The rules of a list in the settings. Every problem goes to `problems`.
  static func compile(_ settings: [Placed<GateRuleSettings>], list: String, problems: inout [SettingsProblem]) -> [GateRule] {
    settings.enumerated().map { index, rule in
      GateRule(rule.value, name: "\(list)[\(index)]", place: rule.place, problems: &problems)
    }
  }

  private init(_ settings: GateRuleSettings, name: String, place: String?, problems: inout [SettingsProblem]) {
    var compiler = Compiler(name: name, place: place)
    self.name = name
    self.place = place
    answer = compiler.answer(settings.answer)
    peers = settings.peers.map { NetworkTable(compiler.items($0, "peers") { text throws(SettingsProblem) in try NetworkText.parse(text) }) }
    identities = settings.identities.map {
      compiler.items($0, "identities") { text throws(SettingsProblem) in try IdentityPattern(text) }
    }
    artifacts = settings.artifacts.map { compiler.items($0, "artifacts", Compiler.artifact) }
    files = settings.files.map { compiler.items($0, "files", Compiler.path) }
    pieces = settings.pieces.map { pieces in
      let texts = pieces.map { Placed($0.value.text, place: $0.place) }
      return PieceRanges(compiler.items(texts, "pieces", Compiler.pieces))
    }
    window = compiler.window(settings.when)
    note = compiler.note(settings.note)
    problems += compiler.problems
  }

  /// Compiles one rule's fields and gathers what is wrong with them.
  private struct Compiler {
    let name: String
    let place: String?
    var problems: [SettingsProblem] = []

    mutating func answer(_ text: Placed<String>?) -> Verdict.Answer {
      guard let text else { return .allow }
      guard let answer = Verdict.Answer(rawValue: text.value) else {
        note(SettingsProblem("'\(text.value)' is neither allow nor deny", place: text.place), at: "answer")
        return .deny
      }
      return answer
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
        return try settings?.value.compiled()
      } catch {
        note(SettingsProblem(error.message, place: error.place ?? settings?.place), at: nil)
        return nil
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
