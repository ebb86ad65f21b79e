/// One problem of a configuration: where, under which key, what.
package struct SettingsErrorLine: Error, Hashable, Sendable, CustomStringConvertible {
  /// `FILE:LINE:COLUMN` (1-based), or `FILE` where the file as a whole is at fault.
  package let place: String
  /// The key: `pipeline[1].gate.on_request[0].pieces`. Empty for the document as a whole.
  package let path: String
  /// What is wrong, and what to write.
  package let message: String

  package init(place: String, path: String = "", message: String) {
    (self.place, self.path, self.message) = (place, path, message)
  }

  /// `FILE:LINE:COLUMN: path: message`.
  package var description: String { [place, path, message].filter { !$0.isEmpty }.joined(separator: ": ") }
}

/// Every problem that was found in a configuration, in the file's order.
package struct SettingsErrors: Error, Sendable, CustomStringConvertible {
  /// Whether the file could not be read at all, or says something that it must not.
  package enum Kind: Sendable { case unreadable, invalid }

  /// Which kind. A configuration of either kind is not used.
  package let kind: Kind
  /// At least one line.
  package let lines: [SettingsErrorLine]

  package init(kind: Kind = .invalid, _ lines: [SettingsErrorLine]) {
    (self.kind, self.lines) = (kind, lines)
  }

  /// One line for each problem.
  package var description: String { lines.map(\.description).joined(separator: "\n") }
}

/// A problem while its place is still a mark, so that problems can be put into the file's order.
struct Problem: Hashable {
  var mark: YAMLMark
  /// A place that a plugin named itself, in this file or another; otherwise the mark is the place.
  var place: String?
  var path = SettingsPath()
  var message: String

  func line(in file: String) -> SettingsErrorLine {
    SettingsErrorLine(place: place ?? mark.place(in: file), path: path.description, message: message)
  }
}

extension SettingsErrors {
  init(_ problems: [Problem], file: String) {
    let ordered = problems.enumerated().sorted { ($0.element.mark, $0.offset) < ($1.element.mark, $1.offset) }
    self.init(ordered.map { $0.element.line(in: file) })
  }
}
