import Control
import Foundation
import Inventory
import Metainfo
import PluginKit
import Storage
import TestSupport
import Testing

@testable import GranaryNode

/// A publisher with roots and state of the test's own.
struct PublishRig {
  let folder: TemporaryDirectory
  let publisher: Publisher

  init() throws {
    var random = SeededGenerator(seed: 3)
    folder = try TemporaryDirectory("publisher")
    try folder.write(random.bytes(100_000), to: "srv/app/a.bin")
    try folder.write(random.bytes(10), to: "srv/app/b/c.txt")
    let paths = NodePaths(state: folder.path("state"))
    try paths.makeFolders()
    publisher = Publisher(roots: RootsPolicy(roots: [folder.path("srv")]), paths: paths, threads: 1)
  }

  func order(_ path: String = "srv/app", _ change: (inout Publisher.Order) -> Void = { _ in }) -> Publisher.Order {
    var order = Publisher.Order(
      path: folder.path(path), name: nil, version: .hybrid, pieceLength: 32_768, source: "test", trackers: ["http://t.test/announce"],
      webSeeds: [], labels: ["env": "prod"], isPrivate: true, isPortable: false, skipSymlinks: false, output: nil)
    change(&order)
    return order
  }

  func publish() throws -> Found { try publisher.publish(order()).found }
}

struct PublisherTests {
  @Test
  func whatIsPublishedIsWrittenReadyAndAlwaysTheSame() throws {
    let rig = try PublishRig()
    let found = try rig.publish()
    #expect(found.state == .ready && found.pieces.isFull && found.isPublished && found.problem == nil)
    #expect(found.name == "app" && found.root == rig.folder.path("srv") && found.labels == ["env": "prod"])
    let file = try #require(found.torrentPath)
    #expect(file == rig.folder.path("state/torrents/\(found.torrent.infoHash).torrent"))
    #expect(try Publisher.read(file) == found.torrentBytes)
    #expect(found.torrent.isPrivate && found.torrent.source == "test" && found.torrent.trackers == [["http://t.test/announce"]])
    #expect(try rig.publish().torrentBytes == found.torrentBytes)
  }

  @Test
  func theTorrentGoesWhereItIsWanted() throws {
    let rig = try PublishRig()
    let found = try rig.publisher.publish(rig.order { $0.output = rig.folder.path("out.torrent") }).found
    #expect(found.torrentPath == rig.folder.path("out.torrent"))
    let failure = #expect(throws: Failure.self) {
      try rig.publisher.publish(rig.order { $0.output = rig.folder.path("no/such/out.torrent") })
    }
    #expect(failure?.status == .cannotCreate)
  }

  @Test
  func whatLiesOutsideOfTheRootsIsNotPublished() throws {
    let rig = try PublishRig()
    try rig.folder.write([1], to: "elsewhere/x")
    try FileManager.default.createSymbolicLink(atPath: rig.folder.path("srv/link"), withDestinationPath: rig.folder.path("elsewhere"))
    for path in ["elsewhere", "srv/link", "srv/../elsewhere"] {
      let failure = #expect(throws: Failure.self) { try rig.publisher.publish(rig.order(path)) }
      #expect(failure?.status == .notPermitted)
    }
    #expect(throws: (any Error).self) { try rig.publisher.publish(rig.order("srv/nothing")) }
  }

  @Test
  func anExistingTorrentIsAddedAsFarAsItsDataVerifies() throws {
    let rig = try PublishRig()
    let file = try #require(try rig.publisher.publish(rig.order { $0.output = rig.folder.path("out.torrent") }).found.torrentPath)
    let (found, _) = try rig.publisher.add(torrentFile: file, data: rig.folder.path("srv"), name: "mine", labels: [:], isPortable: false)
    #expect(found.state == .ready && found.pieces.isFull && !found.isPublished && found.name == "mine")
    // One piece is spoiled: the others are served.
    try rig.folder.write(
      [UInt8](repeating: 0, count: 100_000).prefix(10) + rig.folder.read("srv/app/a.bin").dropFirst(10), to: "srv/app/a.bin")
    let (partial, _) = try rig.publisher.add(torrentFile: file, data: rig.folder.path("srv"), name: nil, labels: [:], isPortable: false)
    #expect(partial.state == .ready && partial.pieces.population == partial.pieces.count - 1 && !partial.pieces[0])
    #expect(partial.problem?.contains("pieces verify") == true)
  }

  @Test
  func dataThatIsNotTheTorrentsIsRefused() throws {
    let rig = try PublishRig()
    let file = try #require(try rig.publisher.publish(rig.order { $0.output = rig.folder.path("out.torrent") }).found.torrentPath)
    try rig.folder.write([], to: "srv/empty/x")
    let add = { (data: String) in
      try rig.publisher.add(torrentFile: file, data: rig.folder.path(data), name: nil, labels: [:], isPortable: false)
    }
    #expect((#expect(throws: Failure.self) { try add("srv/empty") })?.status == .badData)
    #expect((#expect(throws: Failure.self) { try add(".") })?.status == .notPermitted)
  }

  @Test
  func filesThatAreNoTorrentsAreRefusedWithTheirName() throws {
    let rig = try PublishRig()
    let file = try rig.folder.write(Array("d4:infoi1ee".utf8), to: "bad.torrent")
    let failure = #expect(throws: Failure.self) { try Publisher.decode(Publisher.read(file), file: file) }
    #expect(failure?.status == .badData && failure?.lines.first?.place == file)
    #expect((#expect(throws: Failure.self) { try Publisher.read(rig.folder.path("none")) })?.status == .inputMissing)
  }
}

struct FoundTests {
  @Test
  func aSubmissionComesBackAsItWas() throws {
    let found = try PublishRig().publish()
    let data = try DocumentEncoder.encode(found.submission)
    let again = try Found(JSONDecoder().decode(Submission.self, from: data))
    #expect(again.torrentBytes == found.torrentBytes && again.pieces == found.pieces && again.identities == found.identities)
    #expect(again.paths == found.paths && again.root == found.root && again.labels == found.labels && again.name == found.name)
    #expect(again.torrentPath == found.torrentPath && again.isPublished && again.problem == nil)
    #expect(!found.identitiesByIndex.isEmpty)
  }

  @Test
  func liesAreFound() throws {
    let found = try PublishRig().publish()
    let truth = found.submission
    func lie(
      torrent: String? = nil, paths: [[String]]? = nil, identities: [Submission.Identity?]? = nil, pieces: String? = nil
    ) -> Submission {
      Submission(
        torrent: torrent ?? truth.torrent, torrentPath: nil, name: truth.name, root: truth.root, paths: paths ?? truth.paths,
        identities: identities ?? truth.identities, pieces: pieces ?? truth.pieces, labels: [:], isPublished: true, problem: nil)
    }
    let spare = String(repeating: "f", count: truth.pieces.count)
    let lies = [
      lie(torrent: "%%%"), lie(torrent: Data("de".utf8).base64EncodedString()), lie(paths: []), lie(identities: []),
      lie(pieces: ""), lie(pieces: truth.pieces + "00"), lie(pieces: "zz"), lie(pieces: spare),
      // Pieces without evidence of the files that they are in.
      lie(identities: truth.identities.map { _ in nil }),
    ]
    for (index, lie) in lies.enumerated() {
      let error = #expect(throws: (any Error).self, "lie \(index)") { try Found(lie) }
      #expect(error.map { Failure($0).status } == .badData, "lie \(index)")
    }
    _ = try Found(lie(identities: truth.identities.map { _ in nil }, pieces: String(repeating: "0", count: truth.pieces.count)))
  }
}

struct InventoryKeeperTests {
  @Test
  func publishingAgainChangesNothingButWhatIsNew() throws {
    let rig = try PublishRig()
    let keeper = InventoryKeeper(database: try InventoryDatabase.inMemory())
    let found = try rig.publish()
    let (first, isNew) = try keeper.keep(found)
    let (second, isNewAgain) = try keeper.keep(try rig.publish())
    #expect(isNew && !isNewAgain && first.id == second.id && first.labels == second.labels)
    #expect(try keeper.database.artifacts().count == 1)
    #expect(second.state == .ready && second.verifiedPieces == found.pieces.count)
    let holding = try keeper.database.holding(of: first.id)
    #expect(InventoryKeeper.paths(found.torrent, holding.files).filter { !$0.isEmpty } == found.paths.filter { !$0.isEmpty })
    #expect(try keeper.torrent(of: first.id).bytes == found.torrentBytes)
    let more = try rig.publisher.publish(rig.order { $0.labels = ["tier": "1"] }).found
    #expect(try keeper.keep(more).artifact.labels == ["env": "prod", "tier": "1"])
  }
}

struct ExplainerTests {
  private func explainer(_ rig: PublishRig, _ judge: @escaping @Sendable (PluginKit.Operation, PeerFacts) -> Verdict) throws -> Explainer {
    let keeper = InventoryKeeper(database: try InventoryDatabase.inMemory())
    _ = try keeper.keep(try rig.publish())
    var script = RecordingScript()
    script.guards = [.connect, .request, .metadata]
    script.judge = judge
    let installed = InstalledPlugin(name: "gate", plugin: RecordingPlugin(script: script), place: "f.yaml:3:5")
    return Explainer(pipeline: try Pipeline(plugins: [installed], generation: 4), database: keeper.database)
  }

  @Test
  func theRefusalThatDecidesIsNamed() throws {
    let rig = try PublishRig()
    let explainer = try explainer(rig) { operation, facts in
      switch operation {
      case .metadata: .deny("no names", rule: "m")
      case .request where facts.address.ip.description == "10.0.0.1" && facts.artifact?.labels["env"] == "prod":
        .deny("not prod", rule: "r")
      default: .allow("listed", rule: "a")
      }
    }
    let denied = try explainer.explain(peer: "10.0.0.1", artifact: "app", operation: nil)
    #expect(denied.verdict == "deny" && denied.operation == "request" && denied.plugin == "gate" && denied.rule == "r")
    #expect(denied.reason == "not prod" && denied.place == "f.yaml:3:5" && denied.policyGeneration == 4 && denied.answers.count == 3)
    let allowed = try explainer.explain(peer: "[fd00::1]:50000", artifact: "app", operation: nil)
    #expect(allowed.verdict == "allow" && allowed.operation == "request" && allowed.rule == "a")
    #expect(allowed.answers.first { $0.operation == "request" }?.scope == "everything")
    let metadata = try explainer.explain(peer: "10.0.0.2:1", artifact: "app", operation: "metadata")
    #expect(metadata.verdict == "deny" && metadata.operation == "metadata" && metadata.reason == "no names")
    #expect(try explainer.explain(peer: "10.0.0.2", artifact: "app", operation: "connect").verdict == "allow")
    #expect(try explainer.explain(peer: "10.0.0.2", artifact: "app", operation: "announce").verdict == "allow")
  }

  @Test
  func whatCannotBeAskedIsAUsageErrorAndWhatIsNotThereIsMissing() throws {
    let rig = try PublishRig()
    let explainer = try explainer(rig) { _, _ in .allow("fine") }
    func status(_ peer: String, _ artifact: String, _ operation: String?) -> GranaryNode.ExitStatus? {
      do {
        _ = try explainer.explain(peer: peer, artifact: artifact, operation: operation)
        return nil
      } catch {
        return Failure(error).status
      }
    }
    #expect(status("nobody", "app", nil) == .usage)
    #expect(status("10.0.0.1", "app", "dance") == .usage)
    #expect(status("10.0.0.1", "nothing", nil) == .inputMissing)
  }
}
