/// What an artifact may be used for right now.
package enum ArtifactState: String, CaseIterable, Hashable, Sendable {
  /// Its evidence holds: served.
  case ready
  /// Its data is being read and checked.
  case verifying
  /// A file is not what it was when it was verified; not served until it has been verified again.
  case changed
  /// A file is not there.
  case missing
  /// It could not be read, or its data is not the torrent's.
  case failed
  /// An operator has taken it out of service.
  case paused
  /// It is being fetched; what there is of it is served meanwhile.
  case fetching

  /// Whether its files say nothing: nobody is to look at them, or verify them.
  package var isLeftAlone: Bool { self == .paused || self == .fetching }
}
