import ArgumentParser
import Foundation

struct Add: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take an existing torrent and its data into the inventory, verifying.",
    discussion: "What of the data verifies is served; a torrent of which nothing does is refused.")

  @OptionGroup var common: CommonOptions
  @Argument(help: "The .torrent file.") var torrent: String
  @Option(help: "The folder that holds the torrent's file or folder.") var data: String
  @Option(help: "The name in the inventory (default: the torrent's).") var name: String?
  @Option(help: "A label KEY=VALUE; may be repeated.") var label: [String] = []
  @Flag(help: "Refuse names that other systems could not hold, or that differ only in case.") var portable = false

  func run() async throws {
    let place = try Workplace(common)
    try place.paths.makeFolders()
    let (found, warnings) = try place.publisher.add(
      torrentFile: torrent, data: data, name: name, labels: try parseLabels(label), isPortable: portable)
    try await place.keep(found)
    try ArtifactPrinter.print(found, warnings, command: "add", asJSON: common.json)
  }
}
