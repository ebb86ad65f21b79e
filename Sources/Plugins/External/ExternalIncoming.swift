import Foundation

/// What a program says to us, as JSON. Keys that are none are refused: a grant with a misspelt limit would have none.
enum ExternalIncoming {
  /// What a frame is, and which question it answers.
  struct Head: Decodable {
    let type: String
    let id: UInt64?
  }

  /// The program's first frame.
  struct Hello: Decodable {
    let version: Int
    let operations: [String]
    let events: [String]

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case type, operations, events, name
      case version = "protocol"
    }

    init(from decoder: any Decoder) throws {
      try decoder.refuseOthers(than: CodingKeys.allCases.map(\.rawValue))
      let container = try decoder.container(keyedBy: CodingKeys.self)
      version = try container.decode(Int.self, forKey: .version)
      operations = try container.decode([String].self, forKey: .operations)
      events = try container.decodeIfPresent([String].self, forKey: .events) ?? []
    }
  }

  /// An answer: a verdict for all that was asked about, verdicts for each, or both, and then those for each count.
  struct Reply: Decodable, Sendable {
    let general: Word?
    let words: [String: Word]

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case type, id, verdict, reason, rule, verdicts
      case validUntil = "valid_until"
    }

    init(from decoder: any Decoder) throws {
      try decoder.refuseOthers(than: CodingKeys.allCases.map(\.rawValue))
      let container = try decoder.container(keyedBy: CodingKeys.self)
      words = try container.decodeIfPresent([String: Word].self, forKey: .verdicts) ?? [:]
      guard let verdict = try container.decodeIfPresent(String.self, forKey: .verdict) else {
        general = nil
        return
      }
      general = Word(
        verdict: verdict, reason: try container.decodeIfPresent(String.self, forKey: .reason),
        rule: try container.decodeIfPresent(String.self, forKey: .rule),
        validUntil: try container.decodeIfPresent(Double.self, forKey: .validUntil), files: nil, pieces: nil)
    }
  }

  /// A verdict.
  struct Word: Decodable, Sendable {
    let verdict: String
    let reason: String?
    let rule: String?
    /// Seconds since 1970.
    let validUntil: Double?
    /// Patterns of paths, as the gate has them.
    let files: [String]?
    let pieces: [PieceRangeSettings]?

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case verdict, reason, rule, files, pieces
      case validUntil = "valid_until"
    }

    init(verdict: String, reason: String?, rule: String?, validUntil: Double?, files: [String]?, pieces: [PieceRangeSettings]?) {
      (self.verdict, self.reason, self.rule, self.validUntil) = (verdict, reason, rule, validUntil)
      (self.files, self.pieces) = (files, pieces)
    }

    init(from decoder: any Decoder) throws {
      try decoder.refuseOthers(than: CodingKeys.allCases.map(\.rawValue))
      let container = try decoder.container(keyedBy: CodingKeys.self)
      verdict = try container.decode(String.self, forKey: .verdict)
      reason = try container.decodeIfPresent(String.self, forKey: .reason)
      rule = try container.decodeIfPresent(String.self, forKey: .rule)
      validUntil = try container.decodeIfPresent(Double.self, forKey: .validUntil)
      files = try container.decodeIfPresent([String].self, forKey: .files)
      pieces = try container.decodeIfPresent([PieceRangeSettings].self, forKey: .pieces)
    }
  }

  /// Decodes a frame. Throws `ExternalReadingProblem` with what is wrong, and where.
  static func read<Message: Decodable>(_ type: Message.Type, from frame: [UInt8]) throws(ExternalReadingProblem) -> Message {
    do {
      return try JSONDecoder().decode(type, from: Data(frame))
    } catch {
      throw ExternalReadingProblem(error)
    }
  }
}

/// A frame that does not say what it should.
struct ExternalReadingProblem: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }

  init(_ error: any Error) {
    switch error {
    case let problem as ExternalReadingProblem: description = problem.description
    case DecodingError.keyNotFound(let key, let context): description = "\(Self.path(context))'\(key.stringValue)' is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      description = "\(Self.path(context))a value of the wrong type"
    case DecodingError.dataCorrupted(let context): description = "\(Self.path(context))not JSON"
    default: description = "not JSON"
    }
  }

  private static func path(_ context: DecodingError.Context) -> String {
    context.codingPath.isEmpty ? "" : context.codingPath.map(\.stringValue).joined(separator: ".") + ": "
  }
}

extension Decoder {
  /// Throws where there is a key that is none of these.
  fileprivate func refuseOthers(than known: [String]) throws {
    let keys = try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
    guard let other = keys.filter({ !known.contains($0) }).min() else { return }
    throw ExternalReadingProblem("unknown key '\(other)'")
  }
}

private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
