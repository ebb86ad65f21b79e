package import Metainfo
package import OpenSSL

/// A catalogue as it is sent and stored, with its document read.
package struct SignedCatalogue: Hashable, Sendable {
  package let document: CatalogueDocument
  package let envelope: CatalogueEnvelope

  /// A document, signed where there is a key.
  package init(_ document: CatalogueDocument, signedBy key: Ed25519.PrivateKey?) throws(OpenSSLError) {
    self.document = document
    envelope = try CatalogueEnvelope(body: document.encoded, signedBy: key)
  }

  /// Reads the document of an envelope. Throws with the place of what is wrong.
  package init(_ envelope: CatalogueEnvelope) throws(CatalogueError) {
    self.envelope = envelope
    do throws(CatalogueError) {
      document = try CatalogueDocument(decoding: envelope.body)
    } catch {
      throw CatalogueError("body" + (error.place.isEmpty ? "" : ".\(error.place)"), error.problem)
    }
  }

  /// Reads one, without asking who has signed it. Throws with the place of what is wrong.
  package init(decoding bytes: [UInt8]) throws(CatalogueError) {
    try self.init(CatalogueEnvelope(decoding: bytes))
  }

  package var encoded: [UInt8] { envelope.encoded }

  /// The SHA-256 of the document's bytes: two catalogues with one serial must not differ in it.
  package var digest: SHA256Digest { SHA256Digest.hash(of: envelope.body) }
}
