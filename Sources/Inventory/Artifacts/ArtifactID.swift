/// An artifact's number in one inventory; never used again after a removal.
package struct ArtifactID: RawRepresentable, Hashable, Sendable {
  package let rawValue: Int64

  package init(rawValue: Int64) {
    self.rawValue = rawValue
  }
}

extension ArtifactID: CustomStringConvertible {
  package var description: String { "#\(rawValue)" }
}
