/// How long the suite waits for what a plugin owes, and what it calls late.
public struct ConformanceLimits: Sendable, Hashable {
  /// A hook that takes longer is late. The host's own default, by which a budget is charged, is the same: 100 ms.
  public var hook = Duration.milliseconds(100)
  /// `on_request` and `sent_piece` run for each block: half of their calls must be quicker than this.
  public var block = Duration.microseconds(100)
  /// How long `admit` may take, and how long it may go on when nobody waits for it any more.
  public var admit = Duration.seconds(5)
  /// How long a handled request may be owed, beside a minute of the injected clock, and how long what belongs to a connection may outlive it.
  public var settling = Duration.seconds(2)
  /// Connections whose messages come in a random order, each in another.
  public var lives = 64
  /// What the random orders begin with.
  public var seed: UInt64 = 1

  /// The defaults.
  public init() {}
}
