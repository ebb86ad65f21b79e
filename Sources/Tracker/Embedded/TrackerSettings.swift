import PluginKit

/// How the embedded tracker behaves.
package struct TrackerSettings: Sendable {
  /// How long peers are to wait between announces; each is told up to a tenth more or less, so that they do not come together.
  package var interval: Duration = .seconds(30 * 60)
  /// Peers remembered altogether; more are told of others, and others not of them.
  package var maximumPeers = 100_000
  /// Peers in an answer where nothing is said of how many.
  package var usualPeers = 50
  /// Peers in an answer at most.
  package var mostPeers = 200
  /// Networks by zone.
  package var zones = ZoneMap()
  /// How many of a zone fetch from outside of it at a time, per swarm; nil for all that like.
  package var outsiders: Int?
  /// For how long one may, before it is another's turn.
  package var outsideTime: Duration = .seconds(30 * 60)
  /// How long a refusal takes at least, so that time does not tell an artifact that had to be read from one that is not there. Those whom the
  /// guards of `connect` do not want at all are refused at once: of them nothing is read.
  package var refusalTime: Duration = .milliseconds(50)

  package init() {}

  /// Peers of one owner at most: nobody takes the table from everybody else.
  var perOwner: Int { max(64, maximumPeers / 4) }
  /// Peers of one owner in one swarm at most.
  var perOwnerInSwarm: Int { 1024 }
  /// A peer that has not been heard of for so long is gone.
  var lifetime: Duration { interval * 2 }
  /// Announces that come sooner are answered like any; well-behaved clients do not.
  var minimumInterval: Duration { max(.seconds(1), interval / 2) }
}
