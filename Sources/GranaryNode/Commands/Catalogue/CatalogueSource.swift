import Catalogue
import Foundation
import HTTPClient
import Metainfo
import NIOPosix
import OpenSSL
import PluginKit

extension Ed25519.PublicKey {
  /// 64 hexadecimal digits.
  var catalogueText: String { Hex.encode(bytes) }
  var catalogueID: String { CatalogueKeyID(self).description }
}

/// A catalogue that a command is given: a URL or a file.
struct CatalogueSource {
  let place: String
  let catalogue: SignedCatalogue

  /// Reads it. With a configuration, https servers are judged by its `https`. Throws 65 where it is none, 66 and 69 where it cannot be had.
  static func read(_ place: String, config: String?) async throws -> CatalogueSource {
    let isURL = place.hasPrefix("http://") || place.hasPrefix("https://")
    let bytes = try await isURL ? fetch(place, config) : file(place)
    do throws(CatalogueError) {
      return CatalogueSource(place: place, catalogue: try SignedCatalogue(decoding: bytes))
    } catch {
      throw Failure(.badData, "it is no catalogue: \(error)", place: place)
    }
  }

  private static func fetch(_ text: String, _ config: String?) async throws -> [UInt8] {
    let url: HTTPURL
    do throws(URLProblem) { url = try HTTPURL(text) } catch { throw Failure(.usage, "\(error)", place: text) }
    let transport = HTTPCatalogueTransport(group: MultiThreadedEventLoopGroup.singleton, security: try security(config))
    do {
      guard case .bytes(let bytes, _) = try await transport.catalogue(url, etag: nil) else {
        throw Failure(.unavailable, "the server has nothing new, though nothing is known of it", place: text)
      }
      return bytes
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.unavailable, "\(error)", place: text)
    }
  }

  private static func security(_ config: String?) throws -> HTTPSecurity {
    let now = { @Sendable in Int64(time(nil)) }
    if let config { return try LinkKeeper(NodeConfiguration.load(config).settings, now: now()).httpSecurity(now: now) }
    let system = SystemTrust()
    return HTTPSecurity(now: now) { try system.context() }
  }

  private static func file(_ path: String) throws -> [UInt8] {
    guard let handle = FileHandle(forReadingAtPath: path) else { throw Failure(.inputMissing, "the catalogue cannot be read", place: path) }
    defer { try? handle.close() }
    let data = try? handle.read(upToCount: CatalogueLimits.bytes + 1)
    guard let data else { throw Failure(.inputMissing, "the catalogue cannot be read", place: path) }
    return Array(data)
  }

  /// Public keys as options have them.
  static func keys(_ texts: [String]) throws -> [Ed25519.PublicKey] {
    try texts.map { text in
      guard let key = CatalogueKeys.key(text) else {
        throw Failure(.usage, "'\(text)' is no key: 64 hexadecimal digits, as 'granary catalogue keys new' prints")
      }
      return key
    }
  }
}
