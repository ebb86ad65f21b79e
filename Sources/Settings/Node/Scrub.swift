internal import PluginKit

/// `scrub`: how a node looks after what it holds, without being asked.
package struct Scrub: Sendable, Hashable {
  /// Data that was last read and compared so long ago is read again, the oldest first; nil for never. Else 1 min ... 10 years.
  package var every: TimeSpan? = TimeSpan(milliseconds: 30 * 86_400_000)
  /// How much is read for that.
  package var rate = ByteRate(bytesPerSecond: 20 << 20)
  /// How much is read of what is in doubt, and so out of service until then; nil for as much as can be.
  package var verifyRate: ByteRate? = ByteRate(bytesPerSecond: 200 << 20)
  /// When what is old is read, in the host's own time; empty for always.
  package var between: [DailyWindow] = []
  /// Artifacts whose files are looked at each second, nothing read, for changes that nobody told us of: 1...100,000.
  package var patrol = 100

  package init() {}
}

enum Never: SettingsWord { static let text = "never" }

/// The age at which evidence is due: longer than the 24 days of milliseconds that a value's bounds as a type can say.
struct EvidenceSpan: Decodable {
  let value: TimeSpan

  init(from decoder: any Decoder) throws {
    value = try TimeSpan(from: decoder)
    let (low, high) = (TimeSpan(milliseconds: 60_000), TimeSpan.maximum)
    guard low <= value, value <= high else { throw SettingsProblem("expected \(low) to \(high), found \(value)") }
  }
}

/// `scrub` as it is written.
struct ScrubSection: Decodable {
  let every: OrWord<Never, EvidenceSpan>?
  let rate: ByteRate?
  let verifyRate: OrWord<Unlimited, ByteRate>?
  let between: [DailyWindow]?
  let patrol: Whole<1, 100_000>?

  enum CodingKeys: String, CodingKey {
    case every, rate, between, patrol
    case verifyRate = "verify-rate"
  }

  /// The settings, with defaults for what is not said.
  var scrub: Scrub {
    var scrub = Scrub()
    if let every { scrub.every = every.value?.value }
    scrub.rate = rate ?? scrub.rate
    if let verifyRate { scrub.verifyRate = verifyRate.value }
    scrub.between = between ?? scrub.between
    scrub.patrol = patrol?.value ?? scrub.patrol
    return scrub
  }
}
