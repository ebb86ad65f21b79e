import Catalogue
import HTTPClient
import Logging
import NIOCore
import NIOPosix
import PluginKit
import Synchronization
import TestSupport
import Testing
import Tracker

@testable import Control

/// A catalogue over HTTP, read on loopback.
@Suite struct CatalogueFaceTests {
  private final class Publisher: CataloguePublishing {
    let refuses = Mutex(false)
    let readers = Mutex<[CatalogueReader]>([])
    let bases = Mutex<[String]>([])

    private func answer(_ text: String, _ reader: CatalogueReader) -> PublishedBytes? {
      readers.withLock { $0.append(reader) }
      return refuses.withLock { $0 } ? nil : PublishedBytes(Array(text.utf8))
    }

    func catalogue(for reader: CatalogueReader) async -> PublishedBytes? { answer("catalogue", reader) }

    func feed(for reader: CatalogueReader, base: String) async -> PublishedBytes? {
      bases.withLock { $0.append(base) }
      return answer("feed", reader)
    }

    func torrent(_ infoHash: String, for reader: CatalogueReader) async -> PublishedBytes? { answer(infoHash, reader) }
  }

  private func with(_ publisher: Publisher, keys: AnnounceKeys = AnnounceKeys(), _ body: (Endpoint) async throws -> Void) async throws {
    let (ready, isReady) = AsyncStream.makeStream(of: Endpoint.self)
    let face = CatalogueFace(
      address: try #require(Endpoint("127.0.0.1:0")), publisher: publisher, tls: nil, keys: { keys }, logger: Logger(label: "test"),
      onReady: { isReady.yield($0) })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await face.run() }
      defer { group.cancelAll() }
      for await address in ready {
        try await body(address)
        break
      }
    }
  }

  private func get(_ target: String, at address: Endpoint, _ fields: HTTPFields = [:]) async throws -> HTTPResponse {
    try await HTTPClient(group: MultiThreadedEventLoopGroup.singleton).get(
      try HTTPURL("http://\(address)\(target)"), headers: fields, deadline: .now() + .seconds(120))
  }

  @Test func `where there are keys nothing is seen without one, and a key is an identity`() async throws {
    let publisher = Publisher()
    let secret = "0123456789abcdef"
    try await with(publisher, keys: AnnounceKeys([(name: "edge", key: secret)])) { address async throws in
      let hash = String(repeating: "ab", count: 20)
      for target in ["/catalogue", "/\(secret)x/catalogue", "/\(secret)", "/torrents/\(hash).torrent", "//catalogue"] {
        #expect(try await get(target, at: address).status == 404, "\(target)")
      }
      #expect(publisher.readers.withLock { $0 }.isEmpty)
      for target in ["catalogue", "catalogue.rss", "torrents/\(hash).torrent"] {
        #expect(try await get("/\(secret)/\(target)", at: address).status == 200, "\(target)")
      }
      #expect(publisher.bases.withLock { $0 } == ["http://\(address)/\(secret)/"])
      #expect(Set(publisher.readers.withLock { $0 }.map(\.identities)) == [[Identity(trust: "tracker", name: "key:edge")]])
    }
  }

  @Test func `the catalogue, its feed and its torrents are read`() async throws {
    let publisher = Publisher()
    try await with(publisher) { address in
      let catalogue = try await get("/catalogue?x=1", at: address)
      #expect(catalogue.status == 200 && catalogue.bytes == Array("catalogue".utf8))
      #expect(catalogue.fields["Content-Type"] == "application/x-granary-catalogue")
      let feed = try await get("/catalogue.rss", at: address)
      #expect(feed.bytes == Array("feed".utf8) && feed.fields["Content-Type"] == "application/rss+xml; charset=utf-8")
      #expect(publisher.bases.withLock { $0 } == ["http://\(address)/"])
      let hash = String(repeating: "aB", count: 20)
      let torrent = try await get("/torrents/\(hash).torrent", at: address)
      #expect(torrent.bytes == Array(hash.lowercased().utf8) && torrent.fields["Content-Type"] == "application/x-bittorrent")
      #expect(publisher.readers.withLock { $0 }.allSatisfy { $0.ip.isLoopback && $0.identities.isEmpty && $0.certificate == nil })
    }
  }

  @Test func `what has not changed is not sent again`() async throws {
    try await with(Publisher()) { address in
      let transport = HTTPCatalogueTransport(group: MultiThreadedEventLoopGroup.singleton, security: nil)
      let url = try HTTPURL("http://\(address)/catalogue")
      guard case .bytes(let bytes, let etag?) = try await transport.catalogue(url, etag: nil) else { throw Surprise() }
      #expect(bytes == Array("catalogue".utf8))
      guard case .unchanged = try await transport.catalogue(url, etag: etag) else { throw Surprise() }
      guard case .bytes = try await transport.catalogue(url, etag: "\"other\"") else { throw Surprise() }
      #expect(try await get("/catalogue", at: address, ["If-None-Match": "\"a\", W/\(etag)"]).status == 304)
      #expect(try await transport.torrent(try url.resolving("torrents/\(String(repeating: "a", count: 64)).torrent")).count == 64)
    }
  }

  private struct Surprise: Error {}

  @Test func `what is not there and what is refused look the same`() async throws {
    let publisher = Publisher()
    try await with(publisher) { address in
      for target in ["/", "/catalogue/", "/torrents/abc.torrent", "/torrents/\(String(repeating: "g", count: 40)).torrent", "/torrents/"] {
        #expect(try await get(target, at: address).status == 404, "\(target)")
      }
      let nothing = try await get("/nothing", at: address)
      publisher.refuses.withLock { $0 = true }
      for target in ["/catalogue", "/catalogue.rss", "/torrents/\(String(repeating: "a", count: 40)).torrent"] {
        let refused = try await get(target, at: address)
        #expect(refused.status == 404 && refused.bytes == nothing.bytes && refused.fields["ETag"] == nil)
      }
    }
  }

  @Test func `an address that is taken is told`() async throws {
    try await with(Publisher()) { address in
      let other = CatalogueFace(address: address, publisher: Publisher(), tls: nil, logger: Logger(label: "test"), onReady: { _ in })
      await #expect(throws: FaceListenFailure.self) { try await other.run() }
    }
  }
}
