/// `tls`: whom a node trusts over TLS, and with what it shows itself.
package struct TLSSettings: Sendable, Hashable {
  /// A file that an entry names.
  package struct File: Sendable, Hashable {
    /// The absolute path.
    package let path: String
    /// `FILE:LINE:COLUMN` of where it is named.
    package let place: String

    package init(path: String, place: String) {
      (self.path, self.place) = (path, place)
    }
  }

  /// The oldest version that a link may have.
  package enum Minimum: String, Sendable, Hashable, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"
  }

  /// What a node shows of itself: its certificate, with those that lead to the authority after it, and the key.
  package struct Credentials: Sendable, Hashable {
    package let certificate: File
    package let key: File

    package init(certificate: File, key: File) { (self.certificate, self.key) = (certificate, key) }
  }

  /// A named entry: a fleet that trusts one bundle.
  package struct Entry: Sendable, Hashable {
    package let name: String
    package let credentials: Credentials
    /// The authorities.
    package let trust: File
    /// Revocation lists; nil where none are looked at.
    package let revoked: File?
    package let minimum: Minimum
    /// `FILE:LINE:COLUMN` of the name.
    package let place: String

    package init(name: String, credentials: Credentials, trust: File, revoked: File?, minimum: Minimum, place: String) {
      (self.name, self.credentials, self.trust, self.revoked) = (name, credentials, trust, revoked)
      (self.minimum, self.place) = (minimum, place)
    }
  }

  /// An entry of `ssl-torrent`: what a node shows of itself to peers of these SSL torrents, each of which has an authority of its own.
  package struct SSLTorrents: Sendable, Hashable {
    /// Names, patterns, info-hashes or `label:KEY=VALUE`.
    package let artifacts: [String]
    package let credentials: Credentials
    package let minimum: Minimum
    /// `FILE:LINE:COLUMN` of the entry.
    package let place: String
  }

  /// In the file's order.
  package let entries: [Entry]
  /// In the file's order: the first that matches an artifact is its.
  package let sslTorrents: [SSLTorrents]

  package init(entries: [Entry] = [], sslTorrents: [SSLTorrents] = []) {
    (self.entries, self.sslTorrents) = (entries, sslTorrents)
  }

  /// The same wherever the lines stand: what a reload compares.
  package var withoutPlaces: TLSSettings {
    TLSSettings(entries: entries.map(\.withoutPlaces), sslTorrents: sslTorrents.map(\.withoutPlaces))
  }
}

extension TLSSettings.File {
  fileprivate var withoutPlace: Self { Self(path: path, place: "") }
}

extension TLSSettings.Credentials {
  fileprivate var withoutPlaces: Self { Self(certificate: certificate.withoutPlace, key: key.withoutPlace) }
}

extension TLSSettings.Entry {
  fileprivate var withoutPlaces: Self {
    Self(
      name: name, credentials: credentials.withoutPlaces, trust: trust.withoutPlace, revoked: revoked?.withoutPlace, minimum: minimum,
      place: "")
  }
}

extension TLSSettings.SSLTorrents {
  fileprivate var withoutPlaces: Self {
    Self(artifacts: artifacts, credentials: credentials.withoutPlaces, minimum: minimum, place: "")
  }
}
