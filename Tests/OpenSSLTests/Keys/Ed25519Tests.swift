import OpenSSL
import TestSupport
import Testing

@Suite struct Ed25519Tests {
  /// RFC 8032, section 7.1, test 3.
  private static let seed = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"
  private static let publicKey = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
  private static let signature =
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"

  @Test("signs and checks as RFC 8032's example does")
  func vector() throws {
    let key = try Ed25519.PrivateKey(seed: bytes(Self.seed))
    #expect(key.publicKey.bytes == bytes(Self.publicKey))
    #expect(try key.sign([0xaf, 0x82]) == bytes(Self.signature))
    #expect(key.publicKey.isValid(bytes(Self.signature), of: [0xaf, 0x82]))
  }

  @Test("refuses another message, another key, and any changed bit of a signature")
  func changed() throws {
    let key = try Ed25519.PrivateKey.generate()
    let message = Array("message".utf8)
    let signature = try key.sign(message)
    #expect(key.publicKey.isValid(signature, of: message))
    #expect(!key.publicKey.isValid(signature, of: message + [0]))
    #expect(!(try Ed25519.PrivateKey.generate().publicKey.isValid(signature, of: message)))
    for index in signature.indices {
      var changed = signature
      changed[index] ^= 1
      #expect(!key.publicKey.isValid(changed, of: message))
    }
    #expect(!key.publicKey.isValid([], of: message))
    #expect(!key.publicKey.isValid(signature + [0], of: message))
  }

  @Test("takes keys of 32 bytes and no others", arguments: [0, 31, 33])
  func lengths(count: Int) {
    #expect(throws: OpenSSLError.self) { try Ed25519.PublicKey([UInt8](repeating: 1, count: count)) }
    #expect(throws: OpenSSLError.self) { try Ed25519.PrivateKey(seed: [UInt8](repeating: 1, count: count)) }
  }

  private func bytes(_ hex: String) -> [UInt8] {
    var (digits, bytes) = (hex[...], [UInt8]())
    while let byte = UInt8(digits.prefix(2), radix: 16), digits.count >= 2 {
      bytes.append(byte)
      digits = digits.dropFirst(2)
    }
    return bytes
  }
}

@Suite struct SecretBytesTests {
  /// RFC 4231, test case 2.
  @Test("codes as RFC 4231's example does")
  func vector() throws {
    let code = try SecretBytes.code(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
    let hex = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  }

  @Test("compares whole values")
  func comparison() {
    #expect(SecretBytes.areEqual([1, 2, 3], [1, 2, 3]))
    #expect(!SecretBytes.areEqual([1, 2, 3], [1, 2, 4]))
    #expect(!SecretBytes.areEqual([1, 2, 3], [1, 2]))
    #expect(SecretBytes.areEqual([], []))
  }

  @Test("random bytes differ each time")
  func random() throws {
    #expect(try SecretBytes.random(32) != SecretBytes.random(32))
    #expect(try SecretBytes.random(0).isEmpty)
  }
}
