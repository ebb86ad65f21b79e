import ArgumentParser
import Control
import Foundation

struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "How the running node is.", discussion: "Exits 69 where no node runs.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var at: NodeOptions
  @Flag(help: "Look again each second until interrupted: rates and the busiest peers, or with --json a document a line.") var watch = false

  func run() async throws {
    let node = try at.client(common)
    if watch { return try await follow(node) }
    let status = try await node.status()
    if common.json { return try Console.print(document: status) }
    for line in StatusPrinter.lines(status) { Console.print(line) }
  }

  private func follow(_ node: ControlClient) async throws {
    var screen = StatusScreen()
    while true {
      let status = try await node.status()
      if common.json {
        try Console.print(document: status)
      } else {
        Console.draw(screen.lines(status, try await node.peers(), at: .now, in: Console.size))
      }
      try await Task.sleep(for: .seconds(1))
    }
  }
}

struct Peers: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "The peers of the running node.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var at: NodeOptions

  func run() async throws {
    let document = try await at.client(common).peers()
    if common.json { return try Console.print(document: document) }
    for peer in document.peers {
      let choke = peer.choked ? "choked" : "unchoked"
      let interest = peer.interested ? "interested" : "idle"
      let bytes = "\(ByteText.describe(peer.uploaded)) up, \(ByteText.describe(peer.downloaded)) down"
      Console.print(
        "\(peer.address)\(peer.tls == nil ? "" : "  " + escaped(peer.principal))  \(peer.direction)  \(peer.phase)  \(choke), \(interest)  \(bytes)  "
          + "\(escaped(peer.client ?? "-"))  \(escaped(peer.artifact ?? "-"))")
    }
  }
}

struct Reload: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Have the running node read its configuration again, as SIGHUP does.",
    discussion: "A configuration with problems changes nothing and is explained.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var at: NodeOptions

  func run() async throws {
    try (try await at.client(common).reload()).print(asJSON: common.json)
  }
}
