import Control

/// A run that is to take another's place.
enum Successor {
  /// How long the one that has the place may be about to start, or to end: it has no ear for us then.
  static let patience = Duration.seconds(30)

  /// The place, once the other has given it up; nil where it does not answer now. Nothing is asked for before the configuration is known to be
  /// good: a mistake in it must not end a node that serves.
  static func place(_ configuration: String?) async throws -> Inheritance? {
    let configuration = try NodeConfiguration.load(configuration)
    try configuration.rehearse()
    do {
      return try await Inheritance.ask(configuration.paths)
    } catch let refusal as ErrorsDocument where Failure(refusal).status == .tryLater {
      return nil
    } catch let broken as HandoverLine.Broken {
      throw Failure(.unavailable, "the place of the run that holds \(configuration.paths.state) cannot be taken: \(broken)")
    }
  }
}
