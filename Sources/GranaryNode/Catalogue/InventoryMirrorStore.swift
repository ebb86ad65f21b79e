import Catalogue
import Inventory
import Metainfo
import NIOPosix

/// What a follower of catalogues remembers, in the inventory. What waits for the disk runs on threads that may.
struct InventoryMirrorStore: MirrorStore {
  let database: InventoryDatabase

  func followed(_ url: String) async throws -> FollowedCatalogue? {
    try await waiting { try $0.catalogue(url) }.map { stored in
      FollowedCatalogue(
        url: stored.url, bytes: stored.bytes,
        last: AcceptedCatalogue(stored),
        etag: stored.etag, acceptedAt: stored.acceptedAt.wholeSeconds)
    }
  }

  func keep(_ catalogue: FollowedCatalogue) async throws {
    let stored = StoredCatalogue(
      url: catalogue.url, name: catalogue.last.name, serial: catalogue.last.serial, date: Timestamp(seconds: catalogue.last.date),
      digest: catalogue.last.digest, bytes: catalogue.bytes, etag: catalogue.etag, acceptedAt: Timestamp(seconds: catalogue.acceptedAt))
    try await waiting { try $0.keep(stored) }
  }

  func mirrored() async throws -> [MirroredArtifact] {
    try await waiting { try $0.mirrored() }.map { stored in
      MirroredArtifact(
        infoHash: stored.infoHash, name: stored.name,
        origin: .init(catalogue: stored.catalogue, unwantedSince: stored.unwantedAt?.wholeSeconds))
    }
  }

  func put(_ artifacts: [MirroredArtifact]) async throws {
    let stored = artifacts.map { artifact in
      StoredMirrored(
        infoHash: artifact.infoHash, name: artifact.name, catalogue: artifact.origin.catalogue,
        unwantedAt: artifact.origin.unwantedSince.map { Timestamp(seconds: $0) })
    }
    try await waiting { try $0.put(mirrored: stored) }
  }

  func forget(_ infoHashes: [InfoHash]) async throws { try await waiting { try $0.forget(mirrored: infoHashes) } }

  private func waiting<Value: Sendable>(_ body: @escaping @Sendable (InventoryDatabase) throws -> Value) async throws -> Value {
    try await NIOThreadPool.singleton.runIfActive { [database] in try body(database) }
  }
}

extension Timestamp {
  /// Seconds since 1970.
  var wholeSeconds: Int64 { nanoseconds / 1_000_000_000 }
}
