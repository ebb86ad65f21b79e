import ArgumentParser
import Control
import Foundation
import Inventory

struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read an artifact's data again and compare it with its torrent.",
    discussion: "The new evidence is kept in any case. Exits 65 where something does not verify.")

  @OptionGroup var common: CommonOptions
  @Argument(help: "An info-hash, a unique start of one, or a name.") var what: String

  func run() async throws {
    let place = try Workplace(common)
    let found = try verify(place)
    try await place.keep(found, isVerification: true)
    try ArtifactPrinter.print(found, [], command: "verify", asJSON: common.json)
    if let problem = found.problem { throw Failure(.badData, "\(found.name): \(problem)") }
  }

  private func verify(_ place: Workplace) throws -> Found {
    guard let database = try place.reading() else { throw Failure(.inputMissing, "the inventory is empty") }
    let artifact = try database.find(what)
    let keeper = InventoryKeeper(database: database)
    let (torrent, bytes) = try keeper.torrent(of: artifact.id)
    let files = try database.files(of: artifact.id)
    return place.publisher.verify(
      torrent, bytes, torrentPath: artifact.torrentPath, name: artifact.name, root: artifact.dataRoot,
      paths: InventoryKeeper.paths(torrent, files), labels: artifact.labels,
      isPublished: try database.evidence(of: artifact.id)?.method == .hashed)
  }
}
