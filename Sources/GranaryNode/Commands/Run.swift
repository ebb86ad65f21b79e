import ArgumentParser
import Foundation
import Settings

struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The node: serves the inventory until it is told to stop.",
    discussion: """
      TERM and INT let what is queued go out, announce 'stopped' and exit 0; HUP reads the configuration and its lists again. \
      Exits 75 where another process holds the state directory, 69 where a port is in use, 78 where the configuration has problems.
      """)

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let path = common.config
    let configuration = try NodeConfiguration.load(path)
    let node = try Node(configuration: configuration) { try NodeConfiguration.load(path ?? configuration.settings.file) }
    try await node.run()
  }
}
