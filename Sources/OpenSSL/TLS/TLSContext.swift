import COpenSSL

/// A version of TLS.
package enum TLSVersion: Int32, Sendable, Comparable {
  /// RFC 5246.
  case tls12 = 0x0303
  /// RFC 8446.
  case tls13 = 0x0304

  package static func < (one: TLSVersion, other: TLSVersion) -> Bool { one.rawValue < other.rawValue }
}

/// What links of one kind have in common: what we show, and whom we trust. For both roles. Immutable.
///
/// No tickets, no resumption, no renegotiation, no compression: each link proves everything anew. A client's certificate is asked for
/// without naming the authorities that we trust.
package final class TLSContext: Sendable {
  package let credentials: Credentials?
  package let trust: TrustStore?
  package let minimum: TLSVersion
  // SSL_CTX is reference-counted and locks itself; it is not changed after `init`.
  nonisolated(unsafe) let pointer: OpaquePointer

  /// A context to make links with.
  package convenience init(credentials: Credentials, trust: TrustStore, minimum: TLSVersion = .tls13) throws(OpenSSLError) {
    try self.init(credentials, trust, versions: minimum...TLSVersion.tls13)
  }

  /// A context for servers that others run: they may speak TLS 1.2, and are shown nothing where there are no credentials.
  package static func client(trust: TrustStore, credentials: Credentials? = nil) throws(OpenSSLError) -> TLSContext {
    try TLSContext(credentials, trust, versions: .tls12 ... .tls13)
  }

  /// A context that shows nothing and trusts nobody: where a server's links begin that are given another by the name that they ask for.
  package static func entrance(minimum: TLSVersion) throws(OpenSSLError) -> TLSContext {
    let context = try TLSContext(nil, nil, versions: minimum...TLSVersion.tls13)
    _ = granary_ssl_ctx_set_server_name_callback(context.pointer, TLSSession.serverNameCallback)
    return context
  }

  /// - Parameter credentials: nil to show nothing.
  /// - Parameter trust: nil to trust nobody.
  init(_ credentials: Credentials?, _ trust: TrustStore?, versions: ClosedRange<TLSVersion>) throws(OpenSSLError) {
    (self.credentials, self.trust, minimum) = (credentials, trust, versions.lowerBound)
    ERR_clear_error()
    guard let pointer = SSL_CTX_new(TLS_method()) else { throw .taken(after: "SSL_CTX_new") }
    self.pointer = pointer
    try configure(versions)
    if let credentials { try use(credentials) }
  }

  deinit { SSL_CTX_free(pointer) }

  private func configure(_ versions: ClosedRange<TLSVersion>) throws(OpenSSLError) {
    SSL_CTX_set_security_level(pointer, 2)
    granary_ssl_ctx_harden(pointer)
    _ = granary_ssl_ctx_disable_session_cache(pointer)
    _ = granary_ssl_ctx_set_mode(
      pointer, Int(SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE))
    try check(granary_ssl_ctx_set_min_version(pointer, versions.lowerBound.rawValue) == 1, "SSL_CTX_set_min_proto_version")
    try check(granary_ssl_ctx_set_max_version(pointer, versions.upperBound.rawValue) == 1, "SSL_CTX_set_max_proto_version")
    try check(SSL_CTX_set_num_tickets(pointer, 0) == 1, "SSL_CTX_set_num_tickets")
    try check(SSL_CTX_set_ciphersuites(pointer, Self.suites) == 1, "SSL_CTX_set_ciphersuites")
    try check(SSL_CTX_set_cipher_list(pointer, Self.suites12) == 1, "SSL_CTX_set_cipher_list")
    try check(granary_ssl_ctx_set_groups(pointer, "X25519:P-256:P-384") == 1, "SSL_CTX_set1_groups_list")
    // Whether a peer that shows nothing is let in is for the session to say, which does not let it in.
    SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
    SSL_CTX_set_cert_verify_callback(pointer, TLSSession.judgeCallback, nil)
  }

  private func use(_ credentials: Credentials) throws(OpenSSLError) {
    try check(SSL_CTX_use_certificate(pointer, credentials.certificate.pointer) == 1, "SSL_CTX_use_certificate")
    for issuer in credentials.chain.dropFirst() {
      try check(granary_ssl_ctx_add_chain(pointer, issuer.pointer) == 1, "SSL_CTX_add1_chain_cert")
    }
    try check(SSL_CTX_use_PrivateKey(pointer, credentials.key.pointer) == 1, "SSL_CTX_use_PrivateKey")
  }

  private func check(_ isDone: Bool, _ operation: String) throws(OpenSSLError) {
    guard isDone else { throw .taken(after: operation) }
  }

  /// The quickest first where the processor has AES. All of them encrypt and authenticate in one.
  private static let suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
  private static let suites12 = """
    ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
    ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
    """

  /// Judges certificates by this context's trust, those of live links too.
  ///
  /// - Parameter moment: seconds since 1970.
  package func judge(_ shown: [Certificate], as role: PeerRole, at moment: Int64) throws(CertificateRejection) -> TrustStore.Approval {
    guard let trust else { throw CertificateRejection(.untrusted, "nobody is trusted here") }
    return try trust.judge(shown, as: role, at: moment)
  }
}
