/// Why a text is no URL that we would open.
package struct URLProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, for a person.
  package let problem: String
  /// Where in the text, in bytes from its beginning.
  package let offset: Int

  package init(_ problem: String, at offset: Int = 0) {
    (self.problem, self.offset) = (problem, offset)
  }

  package var description: String { "bad URL: \(problem) (at byte \(offset))" }
}
