import GRDB

/// Which artifacts a list shows; what is left out does not restrict.
package struct ArtifactFilter: Hashable, Sendable {
  /// Any of these states; nil for all.
  package var states: Set<ArtifactState>?
  /// All of these labels.
  package var labels: [String: String]

  package init(states: Set<ArtifactState>? = nil, labels: [String: String] = [:]) {
    (self.states, self.labels) = (states, labels)
  }

  /// Every artifact.
  package static let all = ArtifactFilter()

  /// A condition over a table `a` of artifacts.
  var condition: (sql: String, arguments: StatementArguments) {
    var sql = ["true"]
    var arguments = StatementArguments()
    if let states {
      sql.append("a.state IN (\(states.map { _ in "?" }.joined(separator: ", ")))")
      arguments += StatementArguments(states.map(\.rawValue))
    }
    for (key, value) in labels {
      sql.append("EXISTS (SELECT 1 FROM artifact_labels l WHERE l.artifact_id = a.id AND l.key = ? AND l.value = ?)")
      arguments += [key, value]
    }
    return (sql.joined(separator: " AND "), arguments)
  }
}
