import OpenSSL

/// What an operator should do something about before links fail, or because they do.
struct LinkWarning: Sendable, Hashable {
  /// What it is about, whatever the days left: a warning is logged once a day.
  let subject: String
  let text: String
}

/// Finds what soon ends, or has ended.
enum LinkWarnings {
  private static let certificateDays: Int64 = 30
  private static let listDays: Int64 = 7

  static func of(_ material: FleetMaterial, at now: Int64) -> [LinkWarning] {
    let settings = material.settings
    let own = material.credentials.chain.compactMap { certificate in
      ending(certificate, settings.key("certificate"), "peers refuse this node", at: now)
    }
    let anchors = material.anchors.compactMap { ending($0, settings.key("trust"), "peers that it vouches for are denied", at: now) }
    return own + anchors + ofLists(material, at: now) + remarks(material.remarks)
  }

  static func of(_ source: SSLTorrentSource, at now: Int64) -> [LinkWarning] {
    let own = source.leaf.flatMap { ending($0, "tls.\(source.name).certificate", "peers refuse this node", at: now) }
    return [own].compactMap { $0 } + remarks(source.remarks)
  }

  private static func remarks(_ texts: [String]) -> [LinkWarning] { texts.map { LinkWarning(subject: $0, text: $0) } }

  private static func ending(_ certificate: Certificate, _ key: String, _ effect: String, at now: Int64) -> LinkWarning? {
    let subject = "\(key): \(certificate.subject)"
    if certificate.notBefore > now {
      return LinkWarning(subject: subject, text: "\(subject) is not valid before \(Validity.text(certificate.notBefore)): \(effect)")
    }
    return ending(subject, certificate.notAfter, within: certificateDays, effect, at: now)
  }

  private static func ending(_ subject: String, _ end: Int64, within days: Int64, _ effect: String, at now: Int64) -> LinkWarning? {
    let left = Validity.days(from: now, to: end)
    if end < now { return LinkWarning(subject: subject, text: "\(subject) expired at \(Validity.text(end)): \(effect)") }
    guard left < days else { return nil }
    return LinkWarning(subject: subject, text: "\(subject) expires in \(left) days, at \(Validity.text(end)); then \(effect)")
  }

  private static func ofLists(_ material: FleetMaterial, at now: Int64) -> [LinkWarning] {
    guard let lists = material.lists else { return [] }
    let key = material.settings.key("revoked")
    let byIssuer = Dictionary(grouping: lists, by: \.issuer)
    // A list that has an authority's name and not its signature is none of its.
    let missing = material.anchors.filter { anchor in !lists.contains { $0.issuer == anchor.subject && $0.isSigned(by: anchor) } }.map {
      let subject = "\(key): there is no revocation list of \($0.subject)"
      return LinkWarning(subject: subject, text: "\(subject): peers that it vouches for are denied")
    }
    return missing + byIssuer.keys.sorted().compactMap { ending(byIssuer[$0] ?? [], "\(key): the revocation list of \($0)", at: now) }
  }

  /// Of several lists of one authority the one that lasts longest counts.
  private static func ending(_ lists: [RevocationList], _ subject: String, at now: Int64) -> LinkWarning? {
    let effect = "peers that it vouches for are denied"
    guard lists.contains(where: { $0.thisUpdate <= now }) else {
      return LinkWarning(subject: subject, text: "\(subject) is not valid yet: \(effect)")
    }
    guard let end = FleetMaterial.end(of: lists) else { return nil }
    return ending(subject, end, within: listDays, effect, at: now)
  }
}

extension FleetMaterial {
  /// When the last of one authority's lists expires; nil for never.
  static func end(of lists: [RevocationList]) -> Int64? {
    let ends = lists.map(\.nextUpdate)
    return ends.contains(nil) ? nil : ends.compactMap { $0 }.max()
  }

  /// When the first authority is without a list; nil for never.
  var revocationEnd: Int64? {
    guard let lists else { return nil }
    return Dictionary(grouping: lists, by: \.issuer).values.compactMap(Self.end).min()
  }
}
