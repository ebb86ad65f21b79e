/// How a node announces.
package struct AnnouncerSettings: Sendable {
  package var scope: AnnounceScope = .eachTier
  package var timing = AnnounceTiming()
  /// Announces under way at a time.
  package var maximumUnderWay = 50
  /// `stopped` announces under way at a time when everything ends.
  package var maximumFarewells = 200
  /// First announces a second.
  package var startsPerSecond = 50
  /// Seconds within which all first announces are made, however many there are: more of them a second then.
  package var startsWithin = 900
  /// Announces that fall due so close together are sent together, so that a node with very many is not woken for each.
  package var grain = Duration.milliseconds(500)
  /// How many peers to ask for.
  package var wanted: Int32 = 50

  package init() {}
}
