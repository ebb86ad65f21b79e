import OpenSSL

extension TestAuthority {
  /// The certificates that peers turn up with; good at the authority's `now` where nothing else is said.
  package enum Case: Sendable, Hashable, CaseIterable {
    /// CN `*`.
    case star
    /// A DNS name equal to the torrent's name; the CN says something else.
    case named
    /// No DNS name, the CN is the torrent's name.
    case namedByCommonName
    /// The torrent's name in upper case as its only name.
    case upperCase
    /// The name of another torrent.
    case otherName
    /// No CN, no alternative name.
    case nameless
    /// CN `*`, signed by another authority of the same name.
    case foreign
    /// CN `*`, signed by itself.
    case selfSigned
    case expired
    case notYetValid
    /// For servers only.
    case serverOnly
    /// For clients only.
    case clientOnly
    /// The authority's own certificate and key.
    case authority
    /// Below an intermediate that its owner sends too.
    case belowIntermediate
    /// Below an intermediate that nobody has.
    case intermediateMissing
  }

  /// A certificate of this case, for a torrent's name.
  package func make(_ kind: Case, name: String = "artifact") throws -> TestCertificate {
    switch kind {
    case .star: try issue("*")
    case .named: try issue("peer", [.dns(name)])
    case .namedByCommonName: try issue(name)
    case .upperCase: try issue(name.uppercased(), [.dns(name.uppercased())])
    case .otherName: try issue("other-" + name, [.dns("other-" + name)])
    case .nameless: try issue(nil)
    case .foreign: try TestAuthority(self.name, kind: self.kind, now: now).issue("*")
    case .selfSigned: try selfSigned()
    case .expired: try issue("*") { ($0.notBefore, $0.notAfter) = (now - Self.year, now - 60) }
    case .notYetValid: try issue("*") { ($0.notBefore, $0.notAfter) = (now + 3_600, now + Self.year) }
    case .serverOnly: try issue("*") { $0.purposes = [.serverAuth] }
    case .clientOnly: try issue("*") { $0.purposes = [.clientAuth] }
    case .authority: TestCertificate(chain: [root.certificate], key: root.key)
    case .belowIntermediate: try issue(below: try intermediate())
    case .intermediateMissing: try issue(below: try intermediate(), isSent: false)
    }
  }

  private func selfSigned() throws -> TestCertificate {
    let description = CertificateDescription.authority("*", notBefore: now - 3_600, notAfter: now + Self.year)
    let own = try CertificateAuthority.root(description, key: .generate(kind))
    return TestCertificate(chain: [own.certificate], key: own.key)
  }
}
