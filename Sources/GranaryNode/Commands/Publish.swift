import ArgumentParser
import Control
import Foundation
import Metainfo
import Settings

struct Publish: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Hash a file or folder, write its .torrent, and add it to the inventory.",
    discussion: """
      Hybrid (v1 and v2) and private by default. Reproducible: the same data gives the same info-hash. \
      A running node serves it at once. With --node the data is sent to a node elsewhere, below its control.uploads: each piece is checked there, \
      what is there already is not sent again, and no configuration is needed here. Exits 69 where that node takes no uploads.
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var at: NodeOptions
  @Argument(help: "The file or folder.") var path: String
  @Option(help: "The name in the torrent (default: the file's or folder's).") var name: String?
  @Flag(help: "Which kind of torrent.") var version: TorrentVersion = .hybrid
  @Option(help: "Bytes a piece: a power of two from 16 KiB, as 1MiB or 1048576 (default: by size).") var pieceLength: String?
  @Option(help: "A source tag, which gives the same data another info-hash.") var source: String?
  @Option(help: "An announce URL; may be repeated (default: trackers of the configuration).") var tracker: [String] = []
  @Option(help: "A web seed; may be repeated.") var webSeed: [String] = []
  @Option(help: "A label KEY=VALUE; may be repeated.") var label: [String] = []
  @Flag(name: .customLong("public"), help: "Do not mark the torrent private (BEP 27).") var isPublic = false
  @Flag(help: "Refuse names that other systems could not hold, or that differ only in case.") var portable = false
  @Flag(help: "Leave out symbolic links that lead outside of the artifact, instead of refusing them.") var skipSymlinks = false
  @Option(help: "Make an SSL torrent: peers need a certificate that this CA, a PEM file, has signed.") var sslTorrent: String?
  @Option(help: "Where to write the .torrent (default: the state directory).") var output: String?

  func validate() throws {
    for url in tracker {
      guard let parts = URLComponents(string: url), ["http", "https", "udp"].contains(parts.scheme), parts.host?.isEmpty == false else {
        throw ValidationError("'\(url)' is no announce URL: write http://HOST/announce or udp://HOST:PORT")
      }
    }
    if let length = try pieceLength.map(parseSize), length < Block.standardLength || length.nonzeroBitCount != 1 {
      throw ValidationError("a piece has a power of two of bytes, at least 16 KiB, not \(length)")
    }
    _ = try parseLabels(label)
  }

  func run() async throws {
    if let node = try at.remote(common) { return try await send(to: node) }
    let place = try Workplace(common)
    try place.paths.makeFolders()
    let order = try order(trackers: place.configuration.settings.trackers)
    let (found, warnings) = try place.publisher.publish(order)
    try await place.keep(found)
    try ArtifactPrinter.print(found, warnings, command: "publish", asJSON: common.json)
  }

  /// `trackers`: those where none is named.
  private func order(trackers: [String]) throws -> Publisher.Order {
    var order = Publisher.Order(
      path: path, name: name, version: version, pieceLength: try pieceLength.map(parseSize), source: source,
      trackers: tracker.isEmpty ? trackers : tracker, webSeeds: webSeed, labels: try parseLabels(label), isPrivate: !isPublic,
      isPortable: portable, skipSymlinks: skipSymlinks, output: output)
    order.sslRoot = try sslTorrent.map { try SSLRoot.read($0) }
    return order
  }

  /// The other node keeps the torrent; here it is written where --output says.
  private func send(to node: ControlClient) async throws {
    let (found, warnings) = try Publisher.publish(try order(trackers: []))
    let progress = FetchProgress()
    defer { progress.finish() }
    let document = try await ArtifactUpload(found: found, node: node, onProgress: { progress.update($0) }).run()
    progress.finish()
    var artifact = ArtifactDocument(found, warnings)
    (artifact.data, artifact.state, artifact.stateReason) = (document.data, document.state, document.reason)
    try ArtifactPrinter.print(artifact, command: "publish", asJSON: common.json)
  }
}

extension TorrentVersion: EnumerableFlag {
  package static func help(for value: TorrentVersion) -> ArgumentHelp? {
    switch value {
    case .v1: "A v1 torrent (BEP 3), for clients that know nothing else."
    case .hybrid: "A hybrid torrent: one for both (default)."
    case .v2: "A v2 torrent (BEP 52)."
    }
  }
}

/// A number of bytes as the configuration writes it, spaces left out.
func parseSize(_ text: String) throws -> Int {
  guard let size = ByteSize(text), let bytes = Int(exactly: size.bytes) else {
    throw ValidationError("'\(text)' is no size: write 65536, 64KiB or 1MiB")
  }
  return bytes
}

/// `KEY=VALUE` texts.
func parseLabels(_ texts: [String]) throws -> [String: String] {
  var labels: [String: String] = [:]
  for text in texts {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let key = parts.first, !key.isEmpty else { throw ValidationError("'\(text)' is no label: write KEY=VALUE") }
    labels[String(key)] = String(parts[1])
  }
  return labels
}
