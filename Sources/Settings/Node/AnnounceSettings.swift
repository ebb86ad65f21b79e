package import PluginKit

extension NodeSettings {
  /// `announce-address`: where peers reach a listener, as far as that is not where it listens.
  package struct AnnounceAddress: Sendable, Hashable {
    /// Where peers of one family come to; nil: where the tracker sees us, and the port that is listened at.
    package struct Way: Sendable, Hashable {
      package var ip: IPAddress?
      package var port: UInt16?
    }

    private var v4 = Way()
    private var v6 = Way()
    /// A port that was given without an address.
    var everyPort: UInt16?

    package init() {}

    /// How peers of a family come. A port that stands beside no address is for both families.
    package func way(of family: IPAddress.Family) -> Way {
      var way = self[family]
      way.port = way.port ?? everyPort
      return way
    }

    /// Whether a port is told, of whichever family.
    package var namesPort: Bool { [v4.port, v6.port, everyPort].contains { $0 != nil } }

    /// The same, and the other's where nothing is said.
    package func completed(by other: Self) -> Self {
      var address = self
      address.v4.ip = v4.ip ?? other.v4.ip
      address.v6.ip = v6.ip ?? other.v6.ip
      if !namesPort { (address.v4.port, address.v6.port, address.everyPort) = (other.v4.port, other.v6.port, other.everyPort) }
      return address
    }

    subscript(family: IPAddress.Family) -> Way {
      get { family == .v4 ? v4 : v6 }
      set { if family == .v4 { v4 = newValue } else { v6 = newValue } }
    }
  }

  /// A word of `announce-links`: which of the node's listeners trackers are told for what is no SSL torrent.
  package enum AnnounceLinks: Sendable, Hashable {
    /// The plain one; where there is none, or nothing may be plain, the one with TLS.
    case plain
    /// The one with TLS, and no other.
    case tls
    /// Each of both, in an announce of its own.
    case both
  }

  /// An entry of `announce-links`.
  package struct AnnounceRule: Sendable, Hashable {
    /// Names, patterns or info-hashes; nil for every artifact.
    package let artifacts: [String]?
    package let links: AnnounceLinks

    package init(artifacts: [String]?, links: AnnounceLinks) {
      (self.artifacts, self.links) = (artifacts, links)
    }
  }
}

/// What is wrong between `announce-address`, `announce-links` and `listen`.
enum AnnounceChecks {
  static func problems(_ root: RootSection) -> [Problem] {
    guard let top = root.announceAddress, top.address.namesPort, root.listen?.count ?? 0 > 1 else { return [] }
    let advice = "write it beside that listener's address, as announce-address"
    return [top.spot.problem("a port is one listener's, and there are several: \(advice)")]
  }

  /// What the operator should be told.
  static func warnings(_ root: RootSection, file: String) -> [SettingsErrorLine] {
    let hasTLS = (root.listen ?? []).contains { $0.tls.map { $0.text != TLSName.sslTorrent } ?? false }
    guard !hasTLS, let section = root.announceLinks, section.rules.contains(where: { $0.links != .plain }) else { return [] }
    let isAlone = section.rules.contains { $0.links == .tls }
    let news = "no listener has an entry of tls: " + (isAlone ? "what is announced over TLS alone is not announced" : "none is announced")
    return [section.spot.problem(news).line(in: file)]
  }
}
