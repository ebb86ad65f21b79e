import Control
import Metainfo
import Testing

@testable import GranaryNode

struct MagnetBookTests {
  private func magnet(_ byte: String) throws -> Magnet {
    try Magnet.parse("magnet:?xt=urn:btih:\(String(repeating: byte, count: 20))&dn=app")
  }

  @Test func `A link is on its way once, under a number that no artifact has`() throws {
    let (book, one, two) = (MagnetBook(), try magnet("aa"), try magnet("bb"))
    #expect(book.begin(one, root: "/data") == -1 && book.begin(one, root: "/other") == nil && book.begin(two, root: "/data") == -2)
    let document = try #require(try book.document(one.infoHash.shown))
    #expect(document.state == "metadata" && document.name == "app" && document.data == "/data")
    #expect(book.documents.count == 2)
    book.end(one.infoHash)
    #expect(try book.document(one.infoHash.shown) == nil)
    #expect(book.documents.count == 1)
  }

  @Test func `What has failed is told once, and may be tried again`() throws {
    let (book, one) = (MagnetBook(), try magnet("aa"))
    _ = book.begin(one, root: "/data")
    book.fail(one.infoHash, Failure(.badData, "a lie"))
    #expect(book.documents.isEmpty)
    let failure = #expect(throws: Failure.self) { try book.document(one.infoHash.shown) }
    #expect(failure?.status == .badData)
    #expect(try book.document(one.infoHash.shown) == nil)
    #expect(book.begin(one, root: "/data") == -2)
  }
}
