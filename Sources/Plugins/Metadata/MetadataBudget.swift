/// How many requests for metadata one connection may make: in each minute twice what all of it takes and 16 more; as many again are rejected,
/// then the peer has had enough.
struct MetadataBudget: Sendable {
  /// What becomes of a request.
  enum Answer: Sendable, Hashable { case serve, reject, close }

  private let allowance: Int
  private var spent = 0
  private var minute: ContinuousClock.Instant?

  /// A budget for metadata of so many pieces.
  init(pieces: Int) { allowance = 2 * pieces + 16 }

  /// Counts one request.
  mutating func spend(at now: ContinuousClock.Instant) -> Answer {
    if let minute, now < minute + .seconds(60) {
      spent += 1
    } else {
      (minute, spent) = (now, 1)
    }
    return spent <= allowance ? .serve : spent <= 2 * allowance ? .reject : .close
  }
}
