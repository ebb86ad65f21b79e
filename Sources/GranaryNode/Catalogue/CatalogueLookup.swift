import Catalogue
import Foundation
import HTTPClient
import Inventory
import Metainfo
import NIOPosix
import OpenSSL
import PluginKit
import Settings

/// Finds an artifact by name in the catalogues that a configuration follows, paused or not, or in one that a command names with its keys. Each is
/// judged as a mirror judges it: by signature, by age, and by what was accepted of it before.
struct CatalogueLookup {
  /// What was found.
  struct Listed {
    let entry: CatalogueEntry
    /// The .torrent file, byte for byte as the catalogue lists it.
    let torrent: [UInt8]
  }

  private struct Place {
    let url: HTTPURL
    let trust: CatalogueTrust
  }

  private let places: [Place]
  private let last: [String: AcceptedCatalogue]
  private let transport: HTTPCatalogueTransport

  /// `only`: a URL; nil for all that are followed. `keys`: those that may sign what is at that URL, where no mirror says it.
  init(_ configuration: NodeConfiguration, only: String?, keys: [Ed25519.PublicKey], database: InventoryDatabase?) throws {
    let settings = configuration.settings
    let followed = try NodeMirror.prepare(settings).mirrors.map { Place(url: $0.url, trust: $0.trust) }
    places = try only.map { try Self.place($0, keys, followed) } ?? followed
    last = Dictionary(
      try database?.catalogues().map { ($0.url, AcceptedCatalogue($0)) } ?? [], uniquingKeysWith: { _, latest in latest })
    let now = { @Sendable in Int64(time(nil)) }
    transport = HTTPCatalogueTransport(
      group: MultiThreadedEventLoopGroup.singleton, security: try LinkKeeper(settings, now: now()).httpSecurity(now: now))
  }

  private static func place(_ text: String, _ keys: [Ed25519.PublicKey], _ followed: [Place]) throws -> [Place] {
    let url: HTTPURL
    do throws(URLProblem) { url = try HTTPURL(text) } catch { throw Failure(.usage, "\(error)", place: text) }
    if !keys.isEmpty { return [Place(url: url, trust: CatalogueTrust(keys: CatalogueKeys(keys), maximumAge: nil))] }
    guard let known = followed.first(where: { $0.url == url }) else {
      throw Failure(.usage, "no 'mirror' follows this catalogue: --key says who may sign it", place: text)
    }
    return [known]
  }

  /// Throws 66 where no catalogue lists it, 69 where one that may list it cannot be had, 65 where what is had is refused.
  func find(_ name: String) async throws -> Listed {
    guard !places.isEmpty else {
      throw Failure(.inputMissing, "there is no such file, and no catalogue is followed that could list it", place: name)
    }
    var found: [(entry: CatalogueEntry, url: HTTPURL)] = []
    var problems: [Failure] = []
    for place in places {
      do {
        if let entry = try await entry(name, place) { found.append((entry, place.url)) }
      } catch {
        problems.append(Failure(error))
      }
    }
    guard let first = found.first else { throw Self.failure(name, problems) }
    guard found.allSatisfy({ $0.entry.infoHash.shares(first.entry.infoHash) }) else {
      throw Failure(.usage, "several catalogues list one of that name, and mean different ones: choose with --catalogue", place: name)
    }
    do {
      return Listed(entry: first.entry, torrent: try await transport.torrent(of: first.entry, listedAt: first.url))
    } catch let wrong as WrongTorrent {
      throw Failure(.badData, wrong.description, place: first.url.authority)
    } catch {
      throw Failure(.unavailable, "the torrent cannot be had: \(error)", place: first.url.authority)
    }
  }

  private static func failure(_ name: String, _ problems: [Failure]) -> Failure {
    guard let worst = problems.first else { return Failure(.inputMissing, "no catalogue lists it", place: name) }
    return Failure(worst.status, problems.flatMap(\.lines))
  }

  private func entry(_ name: String, _ place: Place) async throws -> CatalogueEntry? {
    // Without the path, which may hold a key.
    let shown = place.url.authority
    do {
      guard case .bytes(let bytes, _) = try await transport.catalogue(place.url, etag: nil) else { return nil }
      return try place.trust.accept(bytes, after: last[place.url.description], now: WallTime.now.seconds).document.find(name)
    } catch let refusal as CatalogueRefusal {
      throw Failure(.badData, "the catalogue is refused: \(refusal)", place: shown)
    } catch let ambiguity as CatalogueDocument.Ambiguity {
      throw Failure(.usage, "\(ambiguity)", place: shown)
    } catch {
      throw Failure(.unavailable, "the catalogue cannot be had: \(error)", place: shown)
    }
  }
}

extension AcceptedCatalogue {
  init(_ stored: StoredCatalogue) {
    self.init(name: stored.name, serial: stored.serial, date: stored.date.wholeSeconds, digest: stored.digest)
  }
}
