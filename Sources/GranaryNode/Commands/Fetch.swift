import ArgumentParser
import Catalogue
import Control
import Foundation
import Metainfo
import PluginKit
import Settings

struct Fetch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fetch one artifact, verified piece by piece, and take it into the inventory.",
    discussion: """
      A running node fetches it and serves it on; where none runs, this command is the node until it is done. What is there is kept \
      when it is ended, and the same command goes on with it. Peers come from the torrent's trackers, from 'peers' of the configuration \
      and from --peer; each must be one that the pipeline lets us meet and ask.

      Exits 66 where no catalogue lists it, 69 where it is not complete after --for, 73 where something else lies in its place, 74 where the disk fails, \
      77 where --to is outside of artifacts.roots.
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var at: NodeOptions
  @Argument(help: "A .torrent file, a magnet link, or an artifact of a catalogue.") var what: String
  @Option(help: "The folder that the artifact's file or folder comes to lie in; made where it is not there.") var to: String
  @Option(help: "A peer to dial, ADDRESS:PORT; may be repeated.") var peer: [String] = []
  @Option(name: .customLong("for"), help: "Give up after this time, as 90s or 2h (default: never).") var limit: String?
  @Option(help: "Serve it for this time after the end; a running node serves on in any case.") var seedFor: String?
  @Option(help: "Fetch only files whose path this pattern matches, as 'docs/*'; may be repeated.") var select: [String] = []
  @Option(help: "The URL of the one catalogue to look in (default: each that 'mirror' follows).") var catalogue: String?
  @Option(help: "A public key that may sign it, 64 hexadecimal digits; may be repeated (default: the keys of the mirror that follows it).")
  var key: [String] = []
  @Option(help: "The name in the inventory (default: the catalogue's, else the torrent's).") var name: String?
  @Option(help: "A label KEY=VALUE; may be repeated.") var label: [String] = []

  func validate() throws {
    if at.isRemote, !to.hasPrefix("/") { throw ValidationError("--to: with --node, the absolute path of a folder there") }
    for peer in peer where PeerAddress(peer) == nil { throw ValidationError("'\(peer)' is no peer: write ADDRESS:PORT, as 10.0.0.7:6881") }
    for text in [limit, seedFor] { _ = try text.map(parseTime) }
    _ = try parseLabels(label)
    if !key.isEmpty, catalogue == nil { throw ValidationError("--key is about --catalogue") }
    if isMagnet, catalogue != nil { throw ValidationError("a magnet link is not looked for in a catalogue") }
  }

  func run() async throws {
    let place = try Workplace(common)
    let remote = try at.remote(common)
    let submission = try await submission(place)
    let progress = FetchProgress()
    let watch = FetchWatch(
      limit: try limit.map(parseTime), seeding: try seedFor.map(parseTime) ?? .zero, onProgress: { progress.update($0) })
    defer { progress.finish() }
    let document = try await fetch(submission, place, remote, watch)
    progress.finish()
    if common.json { return try Console.print(document: document) }
    Console.print("\(escaped(document.name)) is in \(escaped(document.data)): \(ByteText.describe(document.size))")
  }

  private func fetch(
    _ submission: FetchSubmission, _ place: Workplace, _ remote: ControlClient?, _ watch: FetchWatch
  ) async throws -> FetchDocument {
    if let node = remote ?? place.runningNode() {
      // It serves on by itself.
      let watch = FetchWatch(limit: watch.limit, seeding: .zero, onProgress: watch.onProgress)
      return try await watch.follow {
        try await node.fetch(submission)
      } _: { document in
        try await node.fetches(document.infoHash).fetches.first ?? document
      }
    }
    let path = common.config
    let job = FetchJob(submission, limit: watch.limit, seeding: watch.seeding, onProgress: watch.onProgress)
    let node = try Node(configuration: place.configuration) { try NodeConfiguration.load(path ?? place.configuration.settings.file) }
    try await node.run(job)
    return try job.settle()
  }

  private var isMagnet: Bool { what.hasPrefix("magnet:") }

  private func submission(_ place: Workplace) async throws -> FetchSubmission {
    var submission = FetchSubmission(
      name: name, root: URL(fileURLWithPath: to).standardizedFileURL.path, select: select.isEmpty ? nil : select, peers: peer,
      labels: try parseLabels(label))
    if isMagnet {
      _ = try Magnet.parse(what)
      submission.magnet = what
    } else if isFile {
      let bytes = try Publisher.read(what)
      _ = try Publisher.decode(bytes, file: what)
      submission.torrent = Data(bytes).base64EncodedString()
    } else {
      let keys = try CatalogueSource.keys(key)
      let listed = try await CatalogueLookup(place.configuration, only: catalogue, keys: keys, database: place.reading()).find(what)
      submission.torrent = Data(listed.torrent).base64EncodedString()
      submission.name = name ?? listed.entry.name
      submission.labels = listed.entry.labels.merging(submission.labels) { _, own in own }
    }
    return submission
  }

  /// What looks like a file is one, there or not; what is called like an artifact only where it is a torrent: the artifact itself may lie here
  /// already. With --catalogue nothing is.
  private var isFile: Bool {
    guard catalogue == nil else { return false }
    if what.hasSuffix(".torrent") || what.contains("/") { return true }
    guard let bytes = try? Publisher.read(what) else { return false }
    return (try? Publisher.decode(bytes, file: what)) != nil
  }
}

/// A length of time as the configuration writes it.
func parseTime(_ text: String) throws -> Duration {
  guard let time = TimeSpan(text) else { throw ValidationError("'\(text)' is no duration: write 30s, 5m or 2h") }
  return time.duration
}
