import Metainfo
import OpenSSL
import Testing

@testable import Catalogue

@Suite struct DocumentTests {
  @Test func `a document comes back as it was, and has one form`() throws {
    let entries = [
      CatalogueEntry(
        name: "app-1.10", version: "1.10", labels: ["team": "core", "é": ""],
        infoHash: try #require(InfoHash(v1: SHA1Digest.hash(of: [1]), v2: SHA256Digest.hash(of: [1]))), size: 1 << 40, published: 7,
        torrent: "torrents/app.torrent", torrentDigest: .hash(of: [2])),
      CatalogueEntry(
        name: "old", version: nil, infoHash: InfoHash(v1: SHA1Digest.hash(of: [3])), size: 0, published: 0,
        supersededBy: SHA256Digest.hash(of: [1]).bytes, torrent: "a", torrentDigest: .hash(of: [4])),
    ]
    let document = Made.document(entries)
    #expect(try CatalogueDocument(decoding: document.encoded) == document)
    let signed = Made.signed(document)
    let read = try SignedCatalogue(decoding: signed.encoded)
    #expect(read == signed && read.encoded == signed.encoded && read.digest == signed.digest)
    #expect(read.envelope.isSigned(by: Made.key.publicKey) && !read.envelope.isSigned(by: Made.otherKey.publicKey))
    #expect(try SignedCatalogue(decoding: Made.signed(document, by: nil).encoded).envelope.signature == nil)
    #expect(document.entry(InfoHash(v1: SHA1Digest.hash(of: [3])))?.name == "old")
  }

  @Test func `a signature is over exactly these bytes and for this purpose`() throws {
    let signed = Made.signed()
    let envelope = signed.envelope
    for index in envelope.body.indices {
      var body = envelope.body
      body[index] ^= 1
      let forged = Bencode.dictionary([
        "body": .bytes(body), "key": .bytes(CatalogueKeyID(Made.key.publicKey).bytes),
        "signature": .bytes(try #require(envelope.signature).bytes),
      ]).encoded()
      #expect(try !CatalogueEnvelope(decoding: forged).isSigned(by: Made.key.publicKey))
    }
    let bare = Bencode.dictionary([
      "body": .bytes(envelope.body), "key": .bytes(CatalogueKeyID(Made.key.publicKey).bytes),
      "signature": .bytes(try Made.key.sign(envelope.body)),
    ]).encoded()
    #expect(try !CatalogueEnvelope(decoding: bare).isSigned(by: Made.key.publicKey))
  }

  private func value(_ change: (inout [[UInt8]: Bencode]) -> Void) throws -> [UInt8] {
    var fields = try #require(try Bencode.decode(Made.document([Made.entry("a-1")]).encoded).dictionary)
    change(&fields)
    return Bencode.dictionary(fields).encoded()
  }

  private func problem(_ change: (inout [[UInt8]: Bencode]) -> Void) throws -> String {
    let bytes = try value(change)
    let error = #expect(throws: CatalogueError.self) { try CatalogueDocument(decoding: bytes) }
    return error?.description ?? ""
  }

  private func entryProblem(_ change: (inout [[UInt8]: Bencode]) -> Void) throws -> String {
    try problem { fields in
      var entry = fields[Array("artifacts".utf8)]?.list?.first?.dictionary ?? [:]
      change(&entry)
      fields[Array("artifacts".utf8)] = .list([.dictionary(entry)])
    }
  }

  @Test func `what is wrong is told with its place`() throws {
    #expect(try problem { $0[Array("version".utf8)] = .integer(2) } == "version: version 2 of the format is not known here")
    #expect(try problem { $0[Array("version".utf8)] = nil } == "version: the key is missing")
    #expect(try problem { $0[Array("extra".utf8)] = .integer(2) } == "unknown key 'extra'")
    #expect(try problem { $0[Array("serial".utf8)] = .integer(0) } == "serial: expected a number from 1")
    #expect(try problem { $0[Array("date".utf8)] = .string("x") } == "date: expected a number")
    #expect(try problem { $0[Array("name".utf8)] = .string("a\nb") }.hasPrefix("name: expected a text"))
    #expect(try problem { $0[Array("artifacts".utf8)] = .list([.integer(1)]) } == "artifacts[0]: expected a dictionary")
    #expect(try entryProblem { $0[Array("name".utf8)] = .bytes([0xFF]) } == "artifacts[0].name: expected a text in UTF-8")
    #expect(try entryProblem { $0[Array("info_hash_v2".utf8)] = nil } == "artifacts[0]: there is no info-hash")
    #expect(try entryProblem { $0[Array("info_hash_v1".utf8)] = .string("x") } == "artifacts[0].info_hash_v1: expected 20 bytes")
    #expect(try entryProblem { $0[Array("size".utf8)] = .integer(-1) } == "artifacts[0].size: expected bytes, found -1")
    #expect(try entryProblem { $0[Array("superseded_by".utf8)] = .bytes([UInt8](repeating: 1, count: 32)) }.contains("of another artifact"))
    #expect(try entryProblem { $0[Array("labels".utf8)] = .list([]) } == "artifacts[0].labels: expected a dictionary")
    #expect(try entryProblem { $0[Array("colour".utf8)] = .integer(1) } == "artifacts[0]: unknown key 'colour'")
    #expect(throws: CatalogueError("byte 0", "a value or key cannot begin with the byte 0x78")) { try CatalogueDocument(decoding: [0x78]) }
    #expect(throws: CatalogueError.self) {
      try CatalogueDocument(name: "d", serial: 1, date: 0, entries: [Made.entry("a"), Made.entry("a")])
    }
  }

  @Test(arguments: ["", "/a", "a//b", "../a", "a/../b", "http://x/a", "a?b", "a#b", "a b", ".hidden", String(repeating: "a", count: 256)])
  func `a torrent lies below the catalogue`(path: String) {
    #expect(throws: CatalogueError.self) {
      try CatalogueDocument(name: "d", serial: 1, date: 0, entries: [Made.entry("a", torrent: path)])
    }
  }

  @Test func `no more is taken than is allowed`() throws {
    let many = (0...CatalogueLimits.entries).map { Made.entry("a-\($0)") }
    #expect(throws: CatalogueError("artifacts", "more than 20000 artifacts")) {
      try CatalogueDocument(name: "d", serial: 1, date: 0, entries: many)
    }
    let most = try CatalogueDocument(name: "d", serial: 1, date: 0, entries: Array(many.dropLast()))
    #expect(try SignedCatalogue(decoding: Made.signed(most).encoded).document == most)
    let labels = Dictionary(uniqueKeysWithValues: (0..<33).map { ("\($0)", "") })
    #expect(throws: CatalogueError.self) {
      try CatalogueDocument(name: "d", serial: 1, date: 0, entries: [Made.entry("a", labels: labels)])
    }
    #expect(throws: CatalogueError.self) { try SignedCatalogue(decoding: [UInt8](repeating: 0x64, count: CatalogueLimits.bytes + 1)) }
  }
}
