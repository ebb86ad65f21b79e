import COpenSSL

/// One side of a TLS link, without a socket: ciphertext in and out, plaintext out and in. Not for several threads.
///
/// It fails closed: plaintext is handed over only once the peer's certificate was judged good. A client that shows a bad one, or none,
/// gets through the handshake all the same and is then turned away, so that it cannot tell why; a server that shows a bad one is turned
/// away within the handshake, with one alert whatever the reason, before we have shown anything.
package final class TLSSession {
  /// Which side we are.
  package enum Role {
    /// All links are of this party.
    case server(TLSParty)
    /// The name that the client asks for (SNI, RFC 6066) picks the party; nil refuses, with the alert unrecognized_name.
    case choosingServer(entrance: TLSContext, choose: (_ serverName: String?) -> TLSParty?)
    /// We have dialed. The name is sent in clear; nil for none.
    case client(TLSParty, serverName: String?)
  }

  /// How far the handshake is.
  package enum Progress: Equatable {
    case wantsInput
    /// The link stands, and the peer's certificate is good.
    case established
    /// The peer's certificate is not good. As a server: nothing but `close` is to follow.
    case rejected(CertificateRejection)
    /// The server's name picked nobody.
    case unknownServerName
    case failed(OpenSSLError)
  }

  /// What there is to read.
  package enum Reading: Equatable {
    case bytes(Int)
    case wantsInput
    /// The peer has said that nothing follows (close_notify).
    case ended
    case failed(OpenSSLError)
  }

  let ssl: OpaquePointer
  private let transport = TLSTransport()
  private let isServer: Bool
  private let choose: ((String?) -> TLSParty?)?
  private var party: TLSParty?
  private let now: () -> Int64
  private var judgement: Result<TrustStore.Approval, CertificateRejection>?
  private var isChosenUnknown = false
  private var isEstablished = false
  private var hasFailed = false

  /// - Parameter now: seconds since 1970.
  package init(_ role: Role, now: @escaping () -> Int64) throws(OpenSSLError) {
    ERR_clear_error()
    let context: TLSContext
    switch role {
    case .server(let party): (context, self.party, choose, isServer) = (party.context, party, nil, true)
    case .choosingServer(let entrance, let choose): (context, party, self.choose, isServer) = (entrance, nil, choose, true)
    case .client(let party, _): (context, self.party, choose, isServer) = (party.context, party, nil, false)
    }
    self.now = now
    guard let ssl = SSL_new(context.pointer) else { throw .taken(after: "SSL_new") }
    self.ssl = ssl
    try connect()
    if isServer { SSL_set_accept_state(ssl) } else { SSL_set_connect_state(ssl) }
    if case .client(_, let name?) = role, granary_ssl_set_server_name(ssl, name) != 1 { throw .taken(after: "SSL_set_tlsext_host_name") }
  }

  private func connect() throws(OpenSSLError) {
    guard let bio = transport.makeBIO() else { throw .taken(after: "BIO_new") }
    // One reference for both directions.
    SSL_set_bio(ssl, bio, bio)
    SSL_set_ex_data(ssl, Self.index, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit { SSL_free(ssl) }

  // MARK: Working

  /// Lends ciphertext to the session for the time of `body`, in which it takes of it what it needs: all, where `body` goes on until nothing
  /// more comes of it. Ciphertext that the session writes meanwhile goes to the output. May be called again within `body`.
  package func lend<Result>(_ bytes: UnsafeRawBufferPointer, output: any TLSOutput, _ body: (TLSSession) throws -> Result) rethrows
    -> Result
  {
    let outer = (transport.input, transport.output)
    (transport.input, transport.output) = (bytes, output)
    defer { (transport.input, transport.output) = outer }
    return try body(self)
  }

  /// Goes on with the handshake as far as what was lent allows.
  package func handshake() -> Progress {
    guard !isEstablished else { return .established }
    ERR_clear_error()
    let code = SSL_do_handshake(ssl)
    guard code == 1 else { return unfinished(code) }
    return conclude()
  }

  private func unfinished(_ code: Int32) -> Progress {
    if SSL_get_error(ssl, code) == SSL_ERROR_WANT_READ { return .wantsInput }
    hasFailed = true
    let error = OpenSSLError.taken(after: "SSL_do_handshake")
    if isChosenUnknown { return .unknownServerName }
    if case .failure(let rejection) = judgement { return .rejected(rejection) }
    return .failed(error)
  }

  /// The handshake is through: only a good certificate makes a link of it.
  private func conclude() -> Progress {
    switch judgement {
    case .success:
      isEstablished = true
      return .established
    case .failure(let rejection): return .rejected(rejection)
    case nil: return .rejected(CertificateRejection(.missing, "the peer showed no certificate"))
    }
  }

  /// Decrypts what was lent into `space`.
  package func read(into space: UnsafeMutableRawBufferPointer) -> Reading {
    guard isEstablished else { return .wantsInput }
    ERR_clear_error()
    var count = 0
    let code = SSL_read_ex(ssl, space.baseAddress, space.count, &count)
    if code == 1 { return .bytes(count) }
    switch SSL_get_error(ssl, code) {
    case SSL_ERROR_WANT_READ: return .wantsInput
    case SSL_ERROR_ZERO_RETURN: return .ended
    default:
      hasFailed = true
      return .failed(.taken(after: "SSL_read_ex"))
    }
  }

  /// Encrypts the bytes to the output, one record for each 16,384 bytes and one for the rest.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(OpenSSLError) {
    guard isEstablished, bytes.count > 0 else { return }
    ERR_clear_error()
    var rest = bytes
    while rest.count > 0 {
      var count = 0
      guard SSL_write_ex(ssl, rest.baseAddress, rest.count, &count) == 1, count > 0 else {
        hasFailed = true
        throw .taken(after: "SSL_write_ex")
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[min(count, rest.count)...])
    }
  }

  /// Says that nothing follows (close_notify).
  package func close() {
    guard !hasFailed else { return }
    ERR_clear_error()
    SSL_shutdown(ssl)
    ERR_clear_error()
  }

  // MARK: What is known of the link

  /// What was found good of the peer; nil before that.
  package var approval: TrustStore.Approval? { isEstablished ? try? judgement?.get() : nil }

  /// What the peer showed: its certificate first.
  package var shown: [Certificate] {
    guard let leaf = Certificate(sharing: SSL_get0_peer_certificate(ssl)) else { return [] }
    // A server's view of the client's chain lacks the first, a client's view of the server's has it.
    let stack = SSL_get_peer_cert_chain(ssl)
    let rest = (0..<granary_x509_stack_count(stack)).compactMap { Certificate(sharing: granary_x509_stack_at(stack, $0)) }
    return [leaf] + (isServer ? rest[...] : rest.dropFirst())
  }

  /// As OpenSSL names it, such as `TLSv1.3`.
  package var version: String { SSL_get_version(ssl).map { String(cString: $0) } ?? "" }

  /// As the standards name it, such as `TLS_AES_128_GCM_SHA256`.
  package var cipher: String { SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? "" }

  /// 32 bytes that only the two ends of this link have (`tls-exporter`, RFC 9266); nil where the link's version cannot promise that.
  package var exporter: [UInt8]? {
    guard isEstablished, SSL_version(ssl) >= TLSVersion.tls13.rawValue || granary_ssl_has_extended_master_secret(ssl) == 1 else {
      return nil
    }
    let label = "EXPORTER-Channel-Binding"
    var bytes = [UInt8](repeating: 0, count: 32)
    let isDone = SSL_export_keying_material(ssl, &bytes, bytes.count, label, label.utf8.count, nil, 0, 1) == 1
    return isDone ? bytes : nil
  }

  // MARK: OpenSSL's questions

  /// Where an SSL keeps its session.
  private static let index = granary_ssl_new_index()

  private static func of(_ ssl: OpaquePointer?) -> TLSSession? {
    SSL_get_ex_data(ssl, index).map { Unmanaged<TLSSession>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Asked for the verdict on a chain.
  static let judgeCallback: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { store, _ in
    let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()).map { OpaquePointer($0) }
    guard let store, let session = TLSSession.of(ssl) else { return 0 }
    return session.judge(store)
  }

  private func judge(_ store: OpaquePointer) -> Int32 {
    let untrusted = X509_STORE_CTX_get0_untrusted(store)
    let leaf = Certificate(sharing: X509_STORE_CTX_get0_cert(store))
    let others = (0..<granary_x509_stack_count(untrusted)).compactMap { Certificate(sharing: granary_x509_stack_at(untrusted, $0)) }
    do {
      guard let party else { throw CertificateRejection(.untrusted, "nobody was asked for") }
      // The stack has the peer's own certificate too.
      judgement = .success(
        try party.judge((leaf.map { [$0] } ?? []) + others.filter { $0 != leaf }, as: isServer ? .client : .server, at: now()))
    } catch let rejection as CertificateRejection {
      judgement = .failure(rejection)
    } catch {
      judgement = .failure(CertificateRejection(.malformed, "\(error)"))
    }
    if isServer { return accept(store) }
    if case .success = judgement { return accept(store) }
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION)
    return 0
  }

  private func accept(_ store: OpaquePointer) -> Int32 {
    X509_STORE_CTX_set_error(store, X509_V_OK)
    return 1
  }

  /// Asked for the party that a name stands for.
  static let serverNameCallback: @convention(c) (OpaquePointer?, UnsafeMutablePointer<Int32>?, UnsafeMutableRawPointer?) -> Int32 = {
    ssl, alert, _ in
    alert?.pointee = Int32(SSL_AD_UNRECOGNIZED_NAME)
    return TLSSession.of(ssl)?.pick() ?? SSL_TLSEXT_ERR_ALERT_FATAL
  }

  private func pick() -> Int32 {
    let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
    // The version was settled by the context that the link began in: one that may speak an older one than this party's is no link for it.
    guard let chosen = choose?(name), SSL_version(ssl) >= chosen.context.minimum.rawValue,
      SSL_set_SSL_CTX(ssl, chosen.context.pointer) != nil
    else {
      isChosenUnknown = true
      return SSL_TLSEXT_ERR_ALERT_FATAL
    }
    party = chosen
    return SSL_TLSEXT_ERR_OK
  }
}
