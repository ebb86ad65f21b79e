package import PluginKit

extension NodeSettings {
  /// `catalogue`: the list of its artifacts that a node publishes.
  package struct Catalogue: Sendable, Hashable {
    /// An entry of `catalogue.listen`.
    package struct Listener: Sendable, Hashable {
      /// Where; port 0 lets the system pick one.
      package let address: PeerAddress
      /// The entry of `tls` that it speaks with; nil for plain HTTP.
      package let tls: String?
      /// `FILE:LINE:COLUMN`, for an address that turns out to be in use.
      package let place: String
    }

    package let listen: [Listener]
    /// The absolute path of the key that signs it.
    package let key: String
    /// The absolute path of the file of keys that readers show, as announce keys are; nil where none is wanted.
    package let keys: String?
    /// What it is called; the node's name by default. Replicas refuse another one.
    package let name: String
    /// Names or patterns of artifacts that are in it, and info-hashes; nil for all.
    package let artifacts: [String]?
    /// How often it is signed anew, changed or not: 1 min ... 7 d.
    package let renew: TimeSpan

    package static let defaultRenew = TimeSpan(milliseconds: 3_600_000)

    init(_ section: CatalogueSection, nodeName: String, folder: String, file: String, environment: SettingsEnvironment) {
      listen = section.listen.map {
        Listener(address: $0.address.value.address, tls: $0.tls?.text, place: $0.address.place ?? file)
      }
      key = environment.secret(section.key, in: folder)
      keys = section.keys.map { environment.secret($0, in: folder) }
      name = section.name?.text ?? String(nodeName.prefix(64))
      artifacts = section.artifacts?.map(\.text)
      renew = section.renew?.value ?? Self.defaultRenew
    }
  }

  /// An entry of `mirror`: what is taken of a catalogue.
  package struct Mirror: Sendable, Hashable {
    /// The catalogue's URL, `http` or `https`.
    package let catalogue: String
    /// The keys that it may be signed with, 64 hexadecimal digits each; empty where it need not be signed.
    package let keys: [String]
    /// Patterns of names that are taken.
    package let take: [String]
    /// Labels that an artifact must have.
    package let labels: [String: String]
    /// How many versions of each family are kept; nil for all.
    package let keep: Int?
    /// Patterns of names of which nothing goes.
    package let pin: [String]
    /// For how long what is not wanted any more stays.
    package let grace: TimeSpan
    /// How often the catalogue is asked for.
    package let every: TimeSpan
    /// How old a catalogue may be.
    package let maximumAge: TimeSpan
    /// The absolute path of the folder that what is fetched comes to lie in; nil: the first of `artifacts.roots`.
    package let to: String?
    package let isPaused: Bool
    /// `FILE:LINE:COLUMN`.
    package let place: String

    package static let defaultGrace = TimeSpan(milliseconds: 86_400_000)
    package static let defaultEvery = TimeSpan(milliseconds: 300_000)
    package static let defaultMaximumAge = TimeSpan(milliseconds: 2 * 86_400_000)

    init(_ section: MirrorSection, folder: String) {
      catalogue = section.catalogue.text
      keys = section.keys?.map(\.text) ?? []
      take = section.take.values.map(\.text)
      labels = section.labels ?? [:]
      keep = section.keep?.value?.value
      pin = section.pin?.values.map(\.text) ?? []
      grace = section.grace ?? Self.defaultGrace
      every = section.every?.value ?? Self.defaultEvery
      maximumAge = section.maximumAge ?? Self.defaultMaximumAge
      to = section.to?.resolved(in: folder)
      isPaused = section.paused ?? false
      place = section.place
    }

    /// The same without its place.
    package var withoutPlace: Mirror { Mirror(self) }

    private init(_ other: Mirror) {
      (catalogue, keys, take, labels, keep, pin) = (other.catalogue, other.keys, other.take, other.labels, other.keep, other.pin)
      (grace, every, maximumAge, to, isPaused) = (other.grace, other.every, other.maximumAge, other.to, other.isPaused)
      place = ""
    }
  }

  /// `disk`: how much may lie there, of all artifacts together.
  package struct Disk: Sendable, Hashable {
    package let max: ByteSize
    /// Where that much of it is used, artifacts go, until it is no more than `low`.
    package let high: Percent
    package let low: Percent
    /// The newest versions of each family that stay in any case.
    package let keep: Int

    package static let defaultHigh = Percent(value: 95)
    package static let defaultLow = Percent(value: 90)
    package static let defaultKeep = 1

    init(_ section: DiskSection) {
      max = section.max
      high = section.high ?? Self.defaultHigh
      low = section.low ?? Swift.min(Self.defaultLow, high)
      keep = section.keep?.value ?? Self.defaultKeep
    }
  }
}
