import TestSupport
import Testing

@testable import OpenSSL

private let versions: [ClosedRange<TLSVersion>] = [.tls12 ... .tls12, .tls13 ... .tls13]

/// Links between two sessions that trust each other.
struct TLSSessionTests {
  @Test(arguments: versions, [1, 7, Int.max])
  func twoPeersGetALinkHoweverSlowly(versions: ClosedRange<TLSVersion>, drip: Int) throws {
    let rig = try SessionRig()
    let pair = try rig.pair(versions: versions, drip: drip)
    #expect(pair.client.progress == .established && pair.server.progress == .established)
    let (client, server) = (pair.client.session, pair.server.session)
    #expect(client.version == (versions.upperBound == .tls13 ? "TLSv1.3" : "TLSv1.2") && client.version == server.version)
    #expect(client.cipher.contains("AES_128_GCM") && client.cipher == server.cipher)
    #expect(server.shown == rig.clientCertificate.chain && client.shown == rig.serverCertificate.chain)
    #expect(server.approval?.chain == rig.clientCertificate.chain + [rig.authority.root.certificate])
    let exporter = try #require(client.exporter)
    let other = try rig.pair(versions: versions).client.session.exporter
    #expect(exporter.count == 32 && exporter == server.exporter && exporter != other)
  }

  @Test(arguments: versions)
  func plaintextPassesBothWaysByteByByte(versions: ClosedRange<TLSVersion>) throws {
    let pair = try SessionRig().pair(versions: versions)
    let text = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for (from, to) in [(pair.client, pair.server), (pair.server, pair.client)] {
      let before = from.records.count
      try from.write(text)
      #expect(from.records.count - before == 4)
      var read: [UInt8] = []
      while true {
        let bytes = pair.arriving(at: to, atMost: 997)
        if bytes.isEmpty { break }
        let (plaintext, end) = to.read(bytes)
        #expect(end == .wantsInput)
        read += plaintext
      }
      #expect(read == text)
    }
    pair.client.close()
    #expect(pair.server.read(pair.arriving(at: pair.server)).end == .ended)
  }

  @Test(arguments: PrivateKey.Kind.allCases)
  func keysOfEachKindWork(kind: PrivateKey.Kind) throws {
    for versions in versions {
      let pair = try SessionRig(kind: kind).pair(versions: versions)
      #expect(pair.client.progress == .established && pair.server.progress == .established)
    }
  }

  @Test
  func intermediatesAreSentAlong() throws {
    let rig = try SessionRig()
    let middle = try rig.authority.intermediate()
    let (client, server) = (try rig.authority.issue(below: middle, "c"), try rig.authority.issue(below: middle, "s"))
    let pair = try rig.pair(client: try rig.party(client), server: try rig.party(server))
    #expect(pair.client.progress == .established && pair.server.progress == .established)
    #expect(pair.server.session.shown == client.chain && pair.client.session.shown == server.chain)
    #expect(pair.server.session.approval?.chain.count == 3)
  }

  /// No ticket: there is nothing to resume.
  @Test(arguments: versions)
  func nothingFollowsTheHandshake(versions: ClosedRange<TLSVersion>) throws {
    let pair = try SessionRig().pair(versions: versions)
    #expect(pair.arriving(at: pair.client).isEmpty && pair.arriving(at: pair.server).isEmpty)
    // ServerHello, a record for compatibility, then all else; of a ticket there is nothing.
    let (before, after) = (pair.server.written.count, pair.server.read([]))
    #expect(after.end == .wantsInput && pair.server.written.count == before)
  }

  @Test
  func olderVersionsTakeAnExplicitWord() throws {
    let rig = try SessionRig()
    let old = try rig.party(rig.clientCertificate, versions: .tls12 ... .tls12)
    let refused = try rig.pair(client: old)
    #expect(refused.server.progress.failure != nil && refused.client.progress.failure?.contains("protocol version") == true)
    let either = try rig.party(rig.serverCertificate, versions: .tls12 ... .tls13)
    #expect(try rig.pair(client: old, server: either).server.session.version == "TLSv1.2")
    #expect(try rig.pair(server: either).server.session.version == "TLSv1.3")
    let context = try TLSContext(credentials: rig.serverCertificate.credentials, trust: rig.trust())
    #expect(context.minimum == .tls13)
  }

  @Test
  func aKeyThatIsTooShortIsNotShown() async throws {
    let folder = try TemporaryDirectory("short")
    try await ProcessRunner(
      "openssl", ["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", "x.key", "-subj", "/CN=x", "-out", "x.pem"],
      workingFolder: folder.path
    ).output()
    let credentials = try Credentials(
      chain: Certificate.all(pem: try folder.read("x.pem")), key: PrivateKey.parse(pem: try folder.read("x.key")))
    let trust = try SessionRig().trust()
    #expect(throws: OpenSSLError.self) { try TLSContext(credentials: credentials, trust: trust) }
  }

  @Test
  func whatEndsWithoutAWordIsNoEnd() throws {
    let pair = try SessionRig().pair()
    try pair.client.write(Array("hello".utf8))
    let bytes = pair.arriving(at: pair.server)
    let (plaintext, end) = pair.server.read(Array(bytes.dropLast()))
    #expect(plaintext.isEmpty && end == .wantsInput)
  }

  @Test
  func aChangedRecordEndsTheLink() throws {
    let pair = try SessionRig().pair()
    try pair.client.write(Array("hello".utf8))
    var bytes = pair.arriving(at: pair.server)
    bytes[bytes.count - 1] ^= 1
    let (plaintext, end) = pair.server.read(bytes)
    guard case .failed = end else { return #expect(Bool(false), "\(end)") }
    #expect(plaintext.isEmpty)
    // What failed stays so, and says no good-bye.
    let written = pair.server.written.count
    pair.server.close()
    #expect(pair.server.written.count == written)
  }
}
