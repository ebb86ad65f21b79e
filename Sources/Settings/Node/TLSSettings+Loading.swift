internal import PluginKit

// The settings of sections that `TLSChecks` found nothing wrong with.

extension TLSSettings {
  init(_ section: TLSSection?, folder: String, file: String, environment: SettingsEnvironment) {
    let place: (Placed<FilePath>) -> File = { File(path: $0.value.resolved(in: folder), place: $0.place ?? file) }
    let secret: (Placed<FilePath>) -> File = { File(path: environment.secret($0.value, in: folder), place: $0.place ?? file) }
    let credentials: (Placed<FilePath>?, Placed<FilePath>?) -> Credentials? = { certificate, key in
      guard let certificate, let key else { return nil }
      return Credentials(certificate: secret(certificate), key: secret(key))
    }
    entries = (section?.named ?? []).compactMap { named in
      guard let entry = named.entry, let own = credentials(entry.certificate, entry.key), let trust = entry.trust else { return nil }
      return Entry(
        name: named.name, credentials: own, trust: place(trust), revoked: entry.revoked.map(place), minimum: entry.minimum?.value ?? .tls13,
        place: named.spot.mark.place(in: file))
    }
    sslTorrents = (section?.sslTorrents ?? []).compactMap { entry in
      guard let own = credentials(entry.certificate, entry.key), let artifacts = entry.artifacts else { return nil }
      return SSLTorrents(
        artifacts: artifacts.map(\.text), credentials: own, minimum: entry.minimum?.value ?? .tls13, place: entry.place)
    }
  }
}

extension NodeSettings.ListenSecurity {
  init(_ name: TLSName?) {
    switch name?.text {
    case nil: self = .plain
    case TLSName.sslTorrent: self = .sslTorrents
    case .some(let name): self = .entry(name)
    }
  }
}

extension NodeSettings.DialSecurity {
  /// Without a name, as `links` has it: where nothing may be plain, the only entry there is.
  init(_ name: TLSName?, links: LinksWord?, entries: [TLSSettings.Entry]) {
    switch name?.text {
    case nil where links == .tls: self = entries.first.map { .entry($0.name) } ?? .never
    case nil, TLSName.off: self = .plain
    case .some(let name): self = .entry(name)
    }
  }
}
