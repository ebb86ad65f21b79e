import PluginKit

/// Whose turn it is, in each zone, to fetch from outside of it.
struct ZoneTurns: Sendable {
  private var turns: [ZoneMap.Zone: [Endpoint: Int64]] = [:]

  /// Whether the peer has the turn now.
  func has(_ peer: Endpoint, in zone: ZoneMap.Zone, now: Int64) -> Bool { turns[zone]?[peer].map { $0 > now } ?? false }

  /// Takes a turn until `end`, where there is one to take. One that runs keeps its end: whoever does not get on makes room.
  mutating func take(_ peer: Endpoint, in zone: ZoneMap.Zone, limit: Int, now: Int64, end: Int64) -> Bool {
    if has(peer, in: zone, now: now) { return true }
    var running = (turns[zone] ?? [:]).filter { $0.value > now }
    let isFree = running.count < limit
    if isFree { running[peer] = end }
    turns[zone] = running.isEmpty ? nil : running
    return isFree
  }

  mutating func release(_ peer: Endpoint, in zone: ZoneMap.Zone) {
    turns[zone]?[peer] = nil
    if turns[zone]?.isEmpty == true { turns[zone] = nil }
  }
}
