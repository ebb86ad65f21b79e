/// libtorrent's rule for the name in a certificate: byte for byte a host among the alternative names, or `*` there; else the last common
/// name, by the same rule. No wildcards in part, no folding of cases.
package enum PeerName {
  package static func fits(_ certificate: Certificate, _ name: String) -> Bool {
    if certificate.dnsNames.contains(where: { isSame($0, name) }) { return true }
    return certificate.commonNames.last.map { isSame($0, name) } ?? false
  }

  // Strings are the same to Swift where Unicode has them equivalent; here bytes count.
  private static func isSame(_ proven: String, _ name: String) -> Bool { proven == "*" || proven.utf8.elementsEqual(name.utf8) }
}
