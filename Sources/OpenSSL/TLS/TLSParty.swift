/// What a session needs to know of the side that it plays: what to show, and how to judge the peer.
package struct TLSParty: Sendable {
  /// What is shown, and who is trusted.
  package let context: TLSContext
  /// The name that the peer's certificate must bear, by libtorrent's rule; nil where policy looks at names.
  package let requiredName: String?
  /// The host that the peer's certificate must be for, as https has it; nil where the peer is none.
  package let hostName: String?

  package init(context: TLSContext, requiredName: String? = nil, hostName: String? = nil) {
    (self.context, self.requiredName, self.hostName) = (context, requiredName, hostName)
  }

  /// Judges what a peer has shown: chain, purpose, and the name where one is required.
  ///
  /// - Parameter moment: seconds since 1970.
  package func judge(_ shown: [Certificate], as role: PeerRole, at moment: Int64) throws(CertificateRejection) -> TrustStore.Approval {
    let approval = try context.judge(shown, as: role, at: moment)
    if let requiredName, let leaf = shown.first, !PeerName.fits(leaf, requiredName) {
      throw CertificateRejection(.wrongName, "the certificate of \(leaf.subject) is not for \(requiredName)")
    }
    if let hostName, let leaf = shown.first, !HostName.fits(leaf, hostName) {
      throw CertificateRejection(.wrongName, "the certificate of \(leaf.subject) is not for the host \(hostName)")
    }
    return approval
  }
}
