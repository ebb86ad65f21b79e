package import PluginKit

extension NodeSettings {
  /// What an address of the tracker speaks.
  package enum TrackerProtocol: String, Sendable, Hashable {
    case http, udp
  }

  /// An entry of `tracker.listen`.
  package struct TrackerListener: Sendable, Hashable {
    /// Where; port 0 lets the system pick one.
    package let address: PeerAddress
    package let speaks: TrackerProtocol
    /// The entry of `tls` that it speaks with; nil for plain HTTP and UDP.
    package let tls: String?
    /// `FILE:LINE:COLUMN`, for an address that turns out to be in use.
    package let place: String
  }

  /// `tracker`: the tracker that is embedded in the node.
  package struct Tracker: Sendable, Hashable {
    package let listen: [TrackerListener]
    /// How long peers are to wait between announces: 10 s ... 1 d.
    package let interval: TimeSpan
    /// The absolute path of the file of announce keys; nil where none is wanted.
    package let keys: String?
    /// Peers that are remembered.
    package let maximumPeers: Int
    /// How many of a zone fetch from outside of it at a time, of one artifact; nil for all that like.
    package let outsidePerZone: Int?
    /// For how long, before it is another's turn.
    package let outsideFor: TimeSpan

    package static let defaultInterval = TimeSpan(milliseconds: 30 * 60_000)
    package static let defaultMaximumPeers = 100_000

    init(_ section: TrackerSection, folder: String, file: String, environment: SettingsEnvironment) {
      listen = section.listen.map {
        TrackerListener(address: $0.address.value.address, speaks: $0.speaks.value, tls: $0.tls?.text, place: $0.address.place ?? file)
      }
      interval = section.interval?.value ?? Self.defaultInterval
      keys = section.keys.map { environment.secret($0, in: folder) }
      maximumPeers = section.maximumPeers?.value ?? Self.defaultMaximumPeers
      outsidePerZone = section.outsidePerZone?.value?.value
      outsideFor = section.outsideFor?.value ?? Self.defaultInterval
    }
  }

  /// An entry of `zones`.
  package struct Zone: Sendable, Hashable {
    package let name: String
    package let networks: [IPNetwork]
  }
}
