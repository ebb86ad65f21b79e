/// A pattern for artifacts' names: `*` stands for any run of characters, `?` for one; anything else for itself. Case counts.
package struct NamePattern: Hashable, Sendable, CustomStringConvertible {
  private let pattern: [Unicode.Scalar]

  package init(_ pattern: String) {
    self.pattern = Array(pattern.unicodeScalars)
  }

  package var description: String { String(String.UnicodeScalarView(pattern)) }

  /// Whether the whole text matches. Quadratic at worst: a mismatch goes back to the last `*`, and earlier ones need no second look.
  package func matches(_ text: String) -> Bool {
    let text = Array(text.unicodeScalars)
    var (token, index) = (0, 0)
    var star: (token: Int, index: Int)?
    while index < text.count {
      if token < pattern.count, pattern[token] == "*" {
        star = (token, index)
        token += 1
      } else if token < pattern.count, pattern[token] == "?" || pattern[token] == text[index] {
        (token, index) = (token + 1, index + 1)
      } else if let last = star {
        star = (last.token, last.index + 1)
        (token, index) = (last.token + 1, last.index + 1)
      } else {
        return false
      }
    }
    return pattern[token...].allSatisfy { $0 == "*" }
  }
}
