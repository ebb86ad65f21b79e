import OpenSSL
import Testing

@testable import Catalogue

@Suite struct TrustTests {
  private let trust = CatalogueTrust(keys: CatalogueKeys([Made.key.publicKey]), maximumAge: 3600)

  private func refusal(
    _ catalogue: SignedCatalogue, trust: CatalogueTrust? = nil, after last: AcceptedCatalogue? = nil, now: Int64 = Made.noon
  ) -> String? {
    do throws(CatalogueRefusal) {
      _ = try (trust ?? self.trust).accept(catalogue.encoded, after: last, now: now)
      return nil
    } catch {
      return error.code
    }
  }

  @Test func `only what a trusted key has signed is accepted`() {
    #expect(refusal(Made.signed()) == nil)
    #expect(refusal(Made.signed(by: Made.otherKey)) == "untrusted")
    #expect(refusal(Made.signed(by: nil)) == "unsigned")
    let both = CatalogueTrust(keys: CatalogueKeys([Made.key.publicKey, Made.otherKey.publicKey]), maximumAge: nil)
    #expect(refusal(Made.signed(), trust: both) == nil && refusal(Made.signed(by: Made.otherKey), trust: both) == nil)
    let nobody = CatalogueTrust(keys: CatalogueKeys([]), maximumAge: nil)
    #expect(refusal(Made.signed(), trust: nobody) == "untrusted")
    let anybody = CatalogueTrust(keys: CatalogueKeys([]), requiresSignature: false, maximumAge: nil)
    #expect(refusal(Made.signed(by: nil), trust: anybody) == nil)
  }

  @Test func `what nobody trusted has signed is not even looked into`() throws {
    let envelope = try CatalogueEnvelope(body: [0x78], signedBy: Made.otherKey)
    #expect(throws: CatalogueRefusal.untrusted(key: CatalogueKeyID(Made.otherKey.publicKey))) {
      try trust.accept(envelope.encoded, after: nil, now: Made.noon)
    }
    #expect(throws: CatalogueRefusal.malformed(CatalogueError("body.byte 0", "a value or key cannot begin with the byte 0x78"))) {
      try trust.accept(CatalogueEnvelope(body: [0x78], signedBy: Made.key).encoded, after: nil, now: Made.noon)
    }
  }

  @Test func `serial and date only grow`() {
    let last = AcceptedCatalogue(Made.signed())
    func next(_ entries: [CatalogueEntry] = [], name: String = "depot", serial: Int64, date: Int64 = Made.noon) -> String? {
      refusal(Made.signed(Made.document(entries, name: name, serial: serial, date: date)), after: last)
    }
    #expect(refusal(Made.signed(), after: last) == nil)
    #expect(next(serial: 6) == nil)
    #expect(next(serial: 4) == "rolled-back")
    #expect(next(serial: 5) == "contradictory")
    #expect(next(serial: 6, date: Made.noon - 1) == "backdated")
    #expect(next(name: "lab", serial: 6) == "renamed")
  }

  @Test func `what is too old or from the future is refused`() {
    #expect(refusal(Made.signed(), now: Made.noon + 3600) == nil)
    #expect(refusal(Made.signed(), now: Made.noon + 3601) == "stale")
    #expect(refusal(Made.signed(), now: Made.noon - CatalogueTrust.clockSkew) == nil)
    #expect(refusal(Made.signed(), now: Made.noon - CatalogueTrust.clockSkew - 1) == "future")
    #expect(refusal(Made.signed(Made.document(date: .max)), now: .min) == "future")
  }

  @Test func `a key is written in hexadecimal`() {
    let text = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
    #expect(CatalogueKeys.key(text)?.bytes == Made.key.publicKey.bytes)
    #expect(CatalogueKeys.key(text + "00") == nil && CatalogueKeys.key("x" + text.dropFirst()) == nil)
    #expect(CatalogueKeyID(Made.key.publicKey).description.count == 16)
  }
}
