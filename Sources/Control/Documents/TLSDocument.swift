/// TLS in `granary status`: what the node shows of itself and whom it trusts, and how long that lasts.
package struct TLSDocument: Codable, Sendable, Hashable {
  /// A named entry of `tls`, or one of `ssl-torrent`.
  package struct Entry: Codable, Sendable, Hashable {
    /// The entry's name; `ssl-torrent[0]` for those that have none.
    package var name: String
    /// The subject of the node's certificate, its serial number in hexadecimal, and the end of its validity, ISO 8601.
    package var subject: String
    package var serial: String
    package var notAfter: String
    /// Whole days until then; negative where that is past.
    package var daysLeft: Int64
    /// Subjects of the authorities; empty for SSL torrents, which have each their own.
    package var trust: [String]
    /// Whole days until the first of the revocation lists expires; nil where none are looked at, or none expires.
    package var revocationDaysLeft: Int64?
    /// The oldest version of TLS.
    package var minimum: String
    /// SSL torrents that are served with it; nil for a named entry.
    package var torrents: Int?

    package init(
      name: String, subject: String, serial: String, notAfter: String, daysLeft: Int64, trust: [String], revocationDaysLeft: Int64?,
      minimum: String, torrents: Int?
    ) {
      (self.name, self.subject, self.serial, self.notAfter, self.daysLeft) = (name, subject, serial, notAfter, daysLeft)
      (self.trust, self.revocationDaysLeft, self.minimum, self.torrents) = (trust, revocationDaysLeft, minimum, torrents)
    }

    enum CodingKeys: String, CodingKey {
      case name, subject, serial, trust, minimum, torrents
      case notAfter = "not_after"
      case daysLeft = "days_left"
      case revocationDaysLeft = "revocation_days_left"
    }
  }

  /// `any`, or `tls` where nothing may be plain.
  package var links: String
  package var entries: [Entry]
  /// SSL torrents in the inventory, and how many of them have no certificate to be served with.
  package var sslTorrents: Int
  package var sslTorrentsWithoutCertificate: Int
  /// Links that have stood since the start, by entry; those of SSL torrents together, as `ssl-torrent`.
  package var stood: [String: Int64] = [:]
  /// Links that came to nothing since the start, by a word for the reason.
  package var failed: [String: Int64] = [:]

  package init(links: String, entries: [Entry], sslTorrents: Int, sslTorrentsWithoutCertificate: Int) {
    (self.links, self.entries) = (links, entries)
    (self.sslTorrents, self.sslTorrentsWithoutCertificate) = (sslTorrents, sslTorrentsWithoutCertificate)
  }

  enum CodingKeys: String, CodingKey {
    case links, entries, stood, failed
    case sslTorrents = "ssl_torrents"
    case sslTorrentsWithoutCertificate = "ssl_torrents_without_certificate"
  }
}
