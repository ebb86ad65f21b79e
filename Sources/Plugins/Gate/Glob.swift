import Foundation

/// A pattern for names and paths: `*` stands for any run of characters within a path level, `**` for any run at all, `**/` for any number of
/// levels, none included, `?` for one character; `\` takes the next character as itself.
///
/// Case counts. Pattern and text are compared in Unicode's composed form (NFC), so that `é` matches however it was written.
struct Glob: Sendable, Hashable {
  /// What a pattern is for.
  enum Kind: Sendable {
    /// Paths: `*` and `?` do not match a slash.
    case path
    /// Names and labels, in which a slash is a character like any other.
    case name
  }

  /// What is wrong with a pattern.
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  private enum Token: Sendable, Hashable {
    case scalar(Unicode.Scalar)
    case one
    case star
    case doubleStar
    /// `**/` at the beginning of a level: nothing, or levels with their slashes.
    case levels

    /// Whether a token for one character takes this one.
    func takes(_ scalar: Unicode.Scalar, crossingSlashes: Bool) -> Bool {
      switch self {
      case .scalar(let own): own == scalar
      case .one: crossingSlashes || scalar != "/"
      case .star, .doubleStar, .levels: false
      }
    }
  }

  /// A text made ready for matching, so that it is converted once for many patterns.
  struct Subject: Sendable {
    fileprivate let scalars: [Unicode.Scalar]

    init(_ text: String) { scalars = Glob.composed(text) }
  }

  private let tokens: [Token]
  private let crossesSlashes: Bool

  init(_ pattern: String, _ kind: Kind) throws(Problem) {
    crossesSlashes = kind == .name
    tokens = try Self.tokens(Self.composed(pattern), kind)
    guard !tokens.isEmpty else { throw Problem(description: "the pattern is empty") }
    if kind == .path { try Self.check(tokens, pattern) }
  }

  /// Whether the whole text matches.
  func matches(_ text: String) -> Bool { matches(Subject(text)) }

  /// Whether the whole text matches.
  ///
  /// A mismatch goes back to the last `*` and lets it take one more character; where that cannot be, to the last `**`. Earlier ones need no
  /// second look: what the later ones could reach from there they reach from here. Quadratic at worst for `*`, cubic with `**`.
  func matches(_ subject: Subject) -> Bool {
    let text = subject.scalars
    var (token, index) = (0, 0)
    var narrow: (token: Int, index: Int)?
    var wide: (token: Int, index: Int, isLevels: Bool)?
    while true {
      if token == tokens.count {
        if index == text.count { return true }
      } else {
        switch tokens[token] {
        case .star where !crossesSlashes:
          token += 1
          narrow = (token, index)
          continue
        case .star, .doubleStar, .levels:
          let isLevels = tokens[token] == .levels
          token += 1
          (wide, narrow) = ((token, index, isLevels), nil)
          continue
        case .scalar, .one:
          if index < text.count, tokens[token].takes(text[index], crossingSlashes: crossesSlashes) {
            token += 1
            index += 1
            continue
          }
        }
      }
      if let back = narrow, back.index < text.count, text[back.index] != "/" {
        (token, index, narrow) = (back.token, back.index + 1, (back.token, back.index + 1))
      } else if let back = wide, let next = Self.next(after: back.index, in: text, isLevels: back.isLevels) {
        (token, index, wide, narrow) = (back.token, next, (back.token, next, back.isLevels), nil)
      } else {
        return false
      }
    }
  }

  private static func next(after index: Int, in text: [Unicode.Scalar], isLevels: Bool) -> Int? {
    guard isLevels else { return index < text.count ? index + 1 : nil }
    return text[index...].firstIndex(of: "/").map { $0 + 1 }
  }

  private static func tokens(_ pattern: [Unicode.Scalar], _ kind: Kind) throws(Problem) -> [Token] {
    var tokens: [Token] = []
    var rest = pattern[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "*": tokens.append(star(&rest, tokens, kind))
      case "?": tokens.append(.one)
      case "\\":
        guard let escaped = rest.popFirst() else { throw Problem(description: "the pattern ends in the middle of '\\'") }
        tokens.append(.scalar(escaped))
      case "[", "{": throw Problem(description: "'\(scalar)' has no meaning in a pattern: write '\\\(scalar)' for the character itself")
      default: tokens.append(.scalar(scalar))
      }
    }
    return tokens
  }

  /// The token for a run of stars, the first of which has been read.
  private static func star(_ rest: inout ArraySlice<Unicode.Scalar>, _ before: [Token], _ kind: Kind) -> Token {
    guard rest.first == "*" else { return .star }
    while rest.first == "*" { rest.removeFirst() }
    let beginsLevel = before.isEmpty || before.last == .scalar("/") || before.last == .levels
    guard kind == .path, beginsLevel, rest.first == "/" else { return .doubleStar }
    rest.removeFirst()
    return .levels
  }

  /// Paths neither begin nor end with a slash: a pattern that does would never match, and a denial by it would deny nothing.
  private static func check(_ tokens: [Token], _ pattern: String) throws(Problem) {
    if tokens.first == .scalar("/") { throw Problem(description: "paths are relative: write '\(pattern.dropFirst())'") }
    if tokens.last == .scalar("/") || tokens.last == .levels {
      throw Problem(description: "'\(pattern)' ends with a slash: write '\(pattern)**' for all that lies below")
    }
  }

  private static func composed(_ text: String) -> [Unicode.Scalar] {
    let isASCII = text.utf8.allSatisfy { $0 < 0x80 }
    return Array((isASCII ? text : text.precomposedStringWithCanonicalMapping).unicodeScalars)
  }
}
