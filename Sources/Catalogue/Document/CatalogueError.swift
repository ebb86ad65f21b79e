/// Why bytes are no catalogue, or a catalogue could not be read, and where in it.
package struct CatalogueError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The key's path, as `artifacts[3].name`, or `byte 17`; empty for the whole.
  package let place: String
  /// What is wrong, in words. Nothing of the document is quoted.
  package let problem: String

  package init(_ place: String, _ problem: String) {
    (self.place, self.problem) = (place, problem)
  }

  package var description: String { place.isEmpty ? problem : "\(place): \(problem)" }
}
