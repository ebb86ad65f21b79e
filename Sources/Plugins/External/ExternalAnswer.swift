import Metainfo
internal import PluginKit

/// What a program has said of one connection, as guards say it.
struct ExternalAnswer: Sendable, Hashable {
  let verdicts: [Operation: Verdict]
  /// When it stops being true.
  let until: WallTime

  private static let longestText = 500
  /// More would take long to apply.
  private static let mostPatterns = 256

  /// The verdict on an operation; one that the program is not asked about is not denied by it.
  func verdict(on operation: Operation) -> Verdict {
    verdicts[operation] ?? .deny("the program was not asked about \(operation.rawValue)")
  }

  /// Reads a reply. Throws what is wrong with it: then nothing of it counts.
  ///
  /// - Parameter validFor: how long it holds at most.
  init(
    _ reply: ExternalIncoming.Reply, guards: Set<Operation>, artifact: ArtifactFacts?, now: WallTime, validFor: Duration
  ) throws(ExternalReadingProblem) {
    if let stranger = reply.words.keys.filter({ Operation(rawValue: $0) == nil }).min() {
      throw ExternalReadingProblem("verdicts: '\(PlainText.shown(stranger, longest: 40))' is no operation")
    }
    let words = Dictionary(uniqueKeysWithValues: guards.map { ($0, reply.words[$0.rawValue] ?? reply.general) })
    var until = WallTime(nanoseconds: now.nanoseconds &+ Int64(validFor / .nanoseconds(1)))
    for word in words.values {
      if let own = try Self.moment(word, now) { until = min(until, own) }
    }
    var verdicts: [Operation: Verdict] = [:]
    for (operation, word) in words {
      verdicts[operation] = try Self.verdict(word, operation, artifact, until)
    }
    (self.verdicts, self.until) = (verdicts, until)
  }

  private static func moment(_ word: ExternalIncoming.Word?, _ now: WallTime) throws(ExternalReadingProblem) -> WallTime? {
    guard let seconds = word?.validUntil else { return nil }
    guard seconds.isFinite, seconds > 0 else { throw ExternalReadingProblem("valid_until is no moment") }
    // Beyond the year 2200 is for ever.
    let moment = WallTime(nanoseconds: Int64(min(seconds, 7_258_118_400) * 1000) * 1_000_000)
    guard moment > now else { throw ExternalReadingProblem("valid_until is past") }
    return moment
  }

  private static func verdict(
    _ word: ExternalIncoming.Word?, _ operation: Operation, _ artifact: ArtifactFacts?, _ until: WallTime
  ) throws(ExternalReadingProblem) -> Verdict {
    guard let word else {
      return .deny("the program's answer says nothing of \(operation.rawValue)", rule: ExternalRule.noAnswer, validUntil: until)
    }
    guard let answer = Verdict.Answer(rawValue: word.verdict) else {
      throw ExternalReadingProblem("'\(PlainText.shown(word.verdict, longest: 40))' is neither allow nor deny")
    }
    let reason = word.reason.map { PlainText.shown($0, longest: longestText) } ?? "the program gives no reason"
    let rule = word.rule.map { PlainText.shown($0, longest: longestText) }
    guard word.files != nil || word.pieces != nil else { return Verdict(answer, reason: reason, rule: rule, validUntil: until) }
    guard operation == .request, answer == .allow else {
      throw ExternalReadingProblem("files and pieces limit what is allowed of request, and nothing else")
    }
    guard let artifact else { return Verdict(answer, reason: reason, rule: rule, validUntil: until) }
    let scope = try scope(word, artifact.layout)
    guard !scope.isEmpty else {
      return .deny("\(reason) (but nothing of the artifact is within the files and pieces that it names)", rule: rule, validUntil: until)
    }
    return .allow(reason, rule: rule, validUntil: until, scope: scope)
  }

  private static func scope(_ word: ExternalIncoming.Word, _ layout: PieceLayout) throws(ExternalReadingProblem) -> Scope {
    guard (word.files?.count ?? 0) <= mostPatterns, (word.pieces?.count ?? 0) <= mostPatterns else {
      throw ExternalReadingProblem("more than \(mostPatterns) files or pieces")
    }
    var files = Bitfield(count: layout.files.count, filled: word.files == nil)
    let patterns = try (word.files ?? []).map { text throws(ExternalReadingProblem) in try pattern(text) }
    if !patterns.isEmpty {
      for (index, file) in layout.files.enumerated() {
        let path = Glob.Subject(file.displayPath)
        if patterns.contains(where: { $0.matches(path) }) { files[index] = true }
      }
    }
    var pieces = Bitfield(count: layout.pieceCount, filled: word.pieces == nil)
    for item in word.pieces ?? [] {
      guard let range = PieceRanges.parse(item.text) else { throw ExternalReadingProblem("pieces: neither a piece nor a range") }
      for piece in range.clamped(to: 0...max(0, layout.pieceCount - 1)) where range.contains(piece) && piece < layout.pieceCount {
        pieces[piece] = true
      }
    }
    return .part(PartialScope(pieces: pieces, files: files, layout: layout))
  }

  private static func pattern(_ text: String) throws(ExternalReadingProblem) -> Glob {
    do throws(Glob.Problem) {
      return try Glob(text, .path)
    } catch {
      throw ExternalReadingProblem("files: \(PlainText.shown(error.description, longest: 100))")
    }
  }
}

/// The rules by which we answer where the program does not.
enum ExternalRule {
  /// It was not asked, did not answer, or answered what cannot be read.
  static let noAnswer = "no-answer"
}
