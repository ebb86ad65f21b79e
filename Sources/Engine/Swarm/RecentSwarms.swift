/// The swarms that have become idle lately, longest ago first: bounded by their number, the memory they hold, and time.
struct RecentSwarms {
  /// How long an idle swarm stays.
  static let grace = Duration.seconds(60)
  static let mostSwarms = 128
  /// Bytes, as `Swarm.cost` estimates them. One swarm may stay whatever it costs.
  static let mostBytes = 32 << 20

  private var swarms: [(swarm: Swarm, since: ContinuousClock.Instant)] = []
  private var bytes = 0

  var count: Int { swarms.count }

  /// Takes one in; gives those that are one too many.
  mutating func add(_ swarm: Swarm, now: ContinuousClock.Instant) -> [Swarm] {
    remove(swarm)
    swarms.append((swarm, now))
    bytes += swarm.cost
    var leaving: [Swarm] = []
    while swarms.count > 1, swarms.count > Self.mostSwarms || bytes > Self.mostBytes { leaving.append(removeFirst()) }
    return leaving
  }

  /// Takes out those whose time is over.
  mutating func expired(now: ContinuousClock.Instant) -> [Swarm] {
    var leaving: [Swarm] = []
    while let first = swarms.first, now - first.since >= Self.grace { leaving.append(removeFirst()) }
    return leaving
  }

  mutating func remove(_ swarm: Swarm) {
    guard let index = swarms.firstIndex(where: { $0.swarm === swarm }) else { return }
    swarms.remove(at: index)
    bytes -= swarm.cost
  }

  private mutating func removeFirst() -> Swarm {
    let swarm = swarms.removeFirst().swarm
    bytes -= swarm.cost
    return swarm
  }
}
