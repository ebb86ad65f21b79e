import OpenSSL
import Testing

@Suite struct SubjectPublicKeyTests {
  @Test("checks what the private half signs, and nothing else", arguments: PrivateKey.Kind.allCases)
  func roundTrip(kind: PrivateKey.Kind) throws {
    let (key, other) = (try PrivateKey.generate(kind), try PrivateKey.generate(kind))
    let message = Array("message".utf8)
    let signature = try key.sign(message)
    let publicKey = try SubjectPublicKey(der: key.publicKeyDER())
    #expect(publicKey.isValid(signature, of: message))
    #expect(!publicKey.isValid(signature, of: message + [0]))
    #expect(!publicKey.isValid(signature + [0], of: message) && !publicKey.isValid([], of: message))
    #expect(!publicKey.isValid(Array(signature.dropLast()), of: message))
    #expect(!(try SubjectPublicKey(der: other.publicKeyDER()).isValid(signature, of: message)))
  }

  @Test("takes no bytes that are no key, and no key that is cut", arguments: PrivateKey.Kind.allCases)
  func garbage(kind: PrivateKey.Kind) throws {
    let der = try PrivateKey.generate(kind).publicKeyDER()
    for count in 0..<der.count { #expect(throws: OpenSSLError.self) { try SubjectPublicKey(der: Array(der.prefix(count))) } }
    #expect(throws: OpenSSLError.self) { try SubjectPublicKey(der: [UInt8](repeating: 0x30, count: SubjectPublicKey.longest + 1)) }
  }
}
