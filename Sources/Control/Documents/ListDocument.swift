/// `granary list`.
package struct ListDocument: Codable, Sendable {
  package let schema: String
  package let artifacts: [ArtifactDocument]

  package init(artifacts: [ArtifactDocument]) { (schema, self.artifacts) = ("granary.list/1", artifacts) }
}
