/// What a certificate is to say.
package struct CertificateDescription: Sendable, Hashable {
  /// An entry of the subject's alternative names.
  package enum AlternativeName: Sendable, Hashable {
    /// A host, or an SSL torrent's name byte for byte. ASCII: the format has no other characters here.
    case dns(String)
    /// A URI, as in `spiffe://corp/edge/7`. ASCII.
    case uri(String)
    /// An address of 4 or 16 bytes, in network order.
    case ip([UInt8])
  }

  /// What its key may be used for.
  package struct KeyUsage: OptionSet, Sendable, Hashable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    // The raw values are 1 shifted by the bit's number in RFC 5280.
    package static let digitalSignature = KeyUsage(rawValue: 1 << 0)
    package static let keyEncipherment = KeyUsage(rawValue: 1 << 2)
    package static let keyCertSign = KeyUsage(rawValue: 1 << 5)
    package static let crlSign = KeyUsage(rawValue: 1 << 6)
  }

  /// In which role of TLS its owner may appear.
  package enum Purpose: Sendable, Hashable, CaseIterable {
    case serverAuth, clientAuth
  }

  /// The subject's only part; nil for an empty subject. At most 64 characters.
  package var commonName: String?
  package var alternativeNames: [AlternativeName] = []
  /// Whether it may sign other certificates (basicConstraints).
  package var isAuthority = false
  /// How many authorities may stand between it and a leaf; nil for any number.
  package var pathLength: Int?
  /// Empty: no such extension.
  package var keyUsage: KeyUsage = []
  /// Empty: no such extension, which means every purpose.
  package var purposes: [Purpose] = []
  /// When it begins to be valid, in Unix seconds.
  package var notBefore: Int64
  /// When it ceases to be valid, in Unix seconds.
  package var notAfter: Int64

  /// A certificate's description with nothing but a subject and a time.
  package init(commonName: String?, notBefore: Int64, notAfter: Int64) {
    (self.commonName, self.notBefore, self.notAfter) = (commonName, notBefore, notAfter)
  }

  /// An authority: signs certificates and revocation lists, and nothing else.
  package static func authority(
    _ commonName: String, notBefore: Int64, notAfter: Int64, pathLength: Int? = nil
  ) -> CertificateDescription {
    var description = CertificateDescription(commonName: commonName, notBefore: notBefore, notAfter: notAfter)
    (description.isAuthority, description.pathLength) = (true, pathLength)
    description.keyUsage = [.keyCertSign, .crlSign]
    return description
  }

  /// A party of TLS links.
  package static func leaf(
    _ commonName: String?, _ alternativeNames: [AlternativeName] = [], purposes: [Purpose] = Purpose.allCases, notBefore: Int64,
    notAfter: Int64
  ) -> CertificateDescription {
    var description = CertificateDescription(commonName: commonName, notBefore: notBefore, notAfter: notAfter)
    (description.alternativeNames, description.purposes) = (alternativeNames, purposes)
    description.keyUsage = [.digitalSignature]
    return description
  }
}
