import ArgumentParser
import Foundation
import Metainfo
import PluginKit
import Settings

struct PolicyTest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Ask the configuration about a table of peers and artifacts, and tell where it does not say what is expected.",
    discussion: """
      FILE is a list in YAML. A line has peer (an address), expect (allow, deny or part), and where it matters identities, client (the \
      beginning of a peer id), artifact (a name or info-hash; one that the inventory does not hold is made up, with labels), file, operation \
      (default: request), at, plugin and rule. Exits 65 where an answer differs.
      """)

  private struct Document: Encodable {
    struct Answer: Encodable {
      let place: String?
      let expected: String
      let verdict: String
      let plugin: String?
      let rule: String?
      let reason: String?
      let passed: Bool
    }

    let schema = "granary.policy-test/1"
    let cases: Int
    let failed: Int
    let answers: [Answer]
  }

  @OptionGroup var common: CommonOptions
  @Argument(help: "The table.") var file: String

  func run() async throws {
    let ground = try PolicyGround(common)
    let path = URL(fileURLWithPath: file).standardizedFileURL.path
    let rows = try YAMLDocuments().open(path, isSecret: false).decode([Placed<PolicyCase>].self)
    let answers = try answers(rows, ground)
    let document = Document(cases: answers.count, failed: answers.count(where: { !$0.passed }), answers: answers)
    if common.json {
      try Console.print(document: document)
    } else {
      for answer in answers where !answer.passed { Console.print(Self.line(answer)) }
      Console.note("\(document.cases) cases, \(document.failed) differ")
    }
    if document.failed > 0 { throw ExitCode(ExitStatus.badData.rawValue) }
  }

  private func answers(_ rows: [Placed<PolicyCase>], _ ground: PolicyGround) throws -> [Document.Answer] {
    var problems: [Failure.Line] = []
    var answers: [Document.Answer] = []
    for row in rows {
      let artifact = try row.value.artifact.map { try ground.artifact($0) ?? Self.madeUp($0, row.value.labels) }
      do throws(SettingsProblem) {
        let question = try PolicyQuestion(row.value, artifact: artifact, now: .now)
        answers.append(Self.answer(row, question, ground.pipeline))
      } catch {
        problems.append(Failure.Line(message: error.message, place: error.place ?? row.place))
      }
    }
    guard problems.isEmpty else { throw Failure(.badData, problems) }
    return answers
  }

  private static func answer(_ row: Placed<PolicyCase>, _ question: PolicyQuestion, _ pipeline: Pipeline) -> Document.Answer {
    let (verdict, judgement) = question.answer(pipeline)
    let isAsExpected =
      verdict == question.expected && (row.value.plugin.map { $0 == judgement?.plugin } ?? true)
      && (row.value.rule.map { $0 == judgement?.verdict.rule } ?? true)
    let expected = [question.expected.rawValue, row.value.plugin.map { "by \($0)" }, row.value.rule].compactMap { $0 }
    return Document.Answer(
      place: row.place, expected: expected.joined(separator: " "), verdict: verdict.rawValue, plugin: judgement?.plugin,
      rule: judgement?.verdict.rule, reason: judgement?.verdict.reason, passed: isAsExpected)
  }

  private static func line(_ answer: Document.Answer) -> String {
    let place = answer.place.map { "\($0): " } ?? ""
    let by = answer.plugin.map { " by \($0)" } ?? ""
    let rule = answer.rule.map { " \($0)" } ?? ""
    return "\(place)expected \(answer.expected), found \(answer.verdict)\(by)\(rule): \(escaped(answer.reason ?? "nobody guards it"))"
  }

  /// An artifact of one file, for rules that go by names and labels.
  private static func madeUp(_ name: String, _ labels: [String: String]) -> ArtifactFacts {
    let layout = PieceLayout(files: [TorrentFile(path: [name], length: 1 << 14)], pieceLength: 1 << 14, isFileAligned: false)
    return ArtifactFacts(
      id: 0, infoHash: InfoHash(v1: SHA1Digest(hex: name) ?? SHA1Digest.hash(of: Array(name.utf8))), name: name, labels: labels,
      isPrivate: true, layout: layout)
  }
}
