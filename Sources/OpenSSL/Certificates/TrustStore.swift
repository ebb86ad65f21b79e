import COpenSSL

/// Whose word counts: authorities, what they have revoked, and how long the way from them to a peer may be.
package final class TrustStore: Sendable {
  /// The way from an authority to a peer.
  package enum Shape: Sendable {
    /// Through any number of intermediate authorities. Where there are lists of revocations, each certificate needs a current one of its issuer.
    case chains
    /// Straight from the one authority, which has signed itself, as libtorrent has it for SSL torrents.
    case direct
  }

  /// What was found good.
  package struct Approval: Sendable {
    /// The peer's certificate first, then those that signed it, up to the authority.
    package let chain: [Certificate]
    /// The last moment at which all of it is valid and no list of revocations is out of date, in seconds since 1970.
    package let validUntil: Int64
  }

  /// The authorities.
  package let anchors: [Certificate]
  /// Their lists; nil where revocation is not looked at.
  package let revocationLists: [RevocationList]?
  package let shape: Shape
  // X509_STORE is reference-counted and locks itself.
  nonisolated(unsafe) private let store: OpaquePointer

  package init(anchors: [Certificate], revocationLists: [RevocationList]? = nil, shape: Shape) throws(OpenSSLError) {
    (self.anchors, self.revocationLists, self.shape) = (anchors, revocationLists, shape)
    ERR_clear_error()
    guard let store = X509_STORE_new() else { throw .taken(after: "X509_STORE_new") }
    self.store = store
    for anchor in anchors where X509_STORE_add_cert(store, anchor.pointer) != 1 { throw .taken(after: "X509_STORE_add_cert") }
    for list in revocationLists ?? [] where X509_STORE_add_crl(store, list.pointer) != 1 { throw .taken(after: "X509_STORE_add_crl") }
  }

  deinit { X509_STORE_free(store) }

  /// Judges what a peer has shown: its certificate first, then whatever else it sent.
  ///
  /// - Parameter moment: seconds since 1970.
  package func judge(_ shown: [Certificate], as role: PeerRole, at moment: Int64) throws(CertificateRejection) -> Approval {
    guard let leaf = shown.first else { throw CertificateRejection(.missing, "the peer showed no certificate") }
    guard !leaf.isAuthority else {
      throw CertificateRejection(.wrongPurpose, "the certificate is an authority's, and no peer's: \(leaf.subject)")
    }
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let context = X509_STORE_CTX_new(), let others = granary_x509_stack_new() else {
      throw CertificateRejection(.malformed, "out of memory")
    }
    defer {
      X509_STORE_CTX_free(context)
      granary_x509_stack_free(others)
    }
    // The stack borrows what `shown` holds.
    if shape == .chains { for other in shown.dropFirst() { _ = granary_x509_stack_push(others, other.pointer) } }
    guard X509_STORE_CTX_init(context, store, leaf.pointer, others) == 1, configure(context, role, moment) else {
      throw CertificateRejection(.malformed, "out of memory")
    }
    guard X509_verify_cert(context) == 1 else {
      let found = X509_STORE_CTX_get_error(context)
      throw CertificateRejection(error: found, at: Certificate(sharing: X509_STORE_CTX_get_current_cert(context)) ?? leaf)
    }
    let stack = X509_STORE_CTX_get0_chain(context)
    let chain = (0..<granary_x509_stack_count(stack)).compactMap { Certificate(sharing: granary_x509_stack_at(stack, $0)) }
    return withExtendedLifetime(shown) { Approval(chain: chain, validUntil: validity(of: chain, at: moment)) }
  }

  private func configure(_ context: OpaquePointer, _ role: PeerRole, _ moment: Int64) -> Bool {
    guard X509_STORE_CTX_set_default(context, role == .client ? "ssl_client" : "ssl_server") == 1,
      let parameters = X509_STORE_CTX_get0_param(context)
    else { return false }
    X509_VERIFY_PARAM_set_time(parameters, time_t(moment))
    // Nothing signed with SHA-1 or MD5, and no RSA key under 2048 bits.
    X509_VERIFY_PARAM_set_auth_level(parameters, 2)
    if shape == .direct { X509_VERIFY_PARAM_set_depth(parameters, 0) }
    guard revocationLists != nil else { return true }
    return X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)) == 1
  }

  private func validity(of chain: [Certificate], at moment: Int64) -> Int64 {
    let lists = (revocationLists ?? []).compactMap(\.nextUpdate).filter { $0 >= moment }
    return (chain.map(\.notAfter) + lists).min() ?? moment
  }
}
