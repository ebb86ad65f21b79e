import TestSupport

@testable import OpenSSL

/// The two ends of a TLS link without a socket between them: what one has written waits until the other is lent it.
final class SessionPair {
  /// One end.
  final class End: TLSOutput {
    let session: TLSSession
    /// All ciphertext that it has written.
    private(set) var written: [UInt8] = []
    /// How much the other end has taken of that.
    fileprivate var taken = 0
    /// How far its handshake is.
    private(set) var progress = TLSSession.Progress.wantsInput

    init(_ role: TLSSession.Role, now: Int64) throws { session = try TLSSession(role) { now } }

    func take(_ bytes: UnsafeRawBufferPointer) { written += bytes }

    /// Goes on with its handshake.
    func step(_ bytes: [UInt8] = []) {
      bytes.withUnsafeBytes { bytes in
        session.lend(bytes, output: self) { session in progress = session.handshake() }
      }
    }

    /// Decrypts, until nothing more comes of it.
    func read(_ bytes: [UInt8]) -> (plaintext: [UInt8], end: TLSSession.Reading) {
      var plaintext: [UInt8] = []
      var space = [UInt8](repeating: 0, count: 20_000)
      return bytes.withUnsafeBytes { bytes in
        session.lend(bytes, output: self) { session in
          while true {
            let reading = space.withUnsafeMutableBytes { session.read(into: $0) }
            guard case .bytes(let count) = reading else { return (plaintext, reading) }
            plaintext += space[..<count]
          }
        }
      }
    }

    func write(_ bytes: [UInt8]) throws {
      try bytes.withUnsafeBytes { bytes in
        try session.lend(UnsafeRawBufferPointer(start: nil, count: 0), output: self) { try $0.write(bytes) }
      }
    }

    func close() { session.lend(UnsafeRawBufferPointer(start: nil, count: 0), output: self) { $0.close() } }

    /// Type and length of each record that it has written.
    var records: [String] {
      var (found, rest): ([String], ArraySlice<UInt8>) = ([], written[...])
      while rest.count >= 5 {
        let header = Array(rest.prefix(5))
        let length = Int(header[3]) << 8 | Int(header[4])
        found.append("\(header[0]):\(length)")
        rest = rest.dropFirst(5 + length)
      }
      return found
    }
  }

  let client: End
  let server: End

  init(client: TLSSession.Role, server: TLSSession.Role, now: Int64) throws {
    (self.client, self.server) = (try End(client, now: now), try End(server, now: now))
  }

  /// What has been written to an end and not been taken.
  func arriving(at end: End, atMost limit: Int = .max) -> [UInt8] {
    let other = end === client ? server : client
    let bytes = Array(other.written[other.taken...].prefix(limit))
    other.taken += bytes.count
    return bytes
  }

  /// Runs both handshakes as far as they go, lending `drip` bytes at most at a time.
  func shake(drip: Int = .max) {
    client.step()
    while move(to: server, drip) || move(to: client, drip) {}
  }

  private func move(to end: End, _ drip: Int) -> Bool {
    guard end.progress == .wantsInput else { return false }
    let bytes = arriving(at: end, atMost: drip)
    guard !bytes.isEmpty else { return false }
    end.step(bytes)
    return true
  }
}

/// Two peers of one authority.
struct SessionRig {
  let authority: TestAuthority
  let clientCertificate: TestCertificate
  let serverCertificate: TestCertificate

  /// Ed25519, so that signatures are of one length.
  init(kind: PrivateKey.Kind = .ed25519) throws {
    authority = try TestAuthority(kind: kind)
    (clientCertificate, serverCertificate) = (try authority.issue("client"), try authority.issue("server"))
  }

  func trust(lists: [RevocationList]? = nil, shape: TrustStore.Shape = .chains) throws -> TrustStore {
    try TrustStore(anchors: [authority.root.certificate], revocationLists: lists, shape: shape)
  }

  func party(
    _ certificate: TestCertificate?, _ trust: TrustStore? = nil, versions: ClosedRange<TLSVersion> = .tls13 ... .tls13, name: String? = nil
  ) throws -> TLSParty {
    let context = try TLSContext(try certificate?.credentials, try trust ?? self.trust(), versions: versions)
    return TLSParty(context: context, requiredName: name)
  }

  /// A pair whose handshakes have run as far as they go.
  func pair(
    client: TLSParty? = nil, server: TLSParty? = nil, versions: ClosedRange<TLSVersion> = .tls13 ... .tls13, drip: Int = .max
  ) throws -> SessionPair {
    let pair = try SessionPair(
      client: .client(try client ?? party(clientCertificate, versions: versions), serverName: nil),
      server: .server(try server ?? party(serverCertificate, versions: versions)), now: authority.now)
    pair.shake(drip: drip)
    return pair
  }
}

extension TLSSession.Progress {
  /// Why the peer's certificate was not taken.
  var rejection: CertificateRejection.Code? {
    if case .rejected(let rejection) = self { return rejection.code }
    return nil
  }

  /// What OpenSSL says of a handshake that failed; nil where it did not.
  var failure: String? {
    if case .failed(let error) = self { return "\(error)" }
    return nil
  }
}
