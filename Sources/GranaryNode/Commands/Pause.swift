import ArgumentParser
import Control
import Foundation
import Inventory

struct Pause: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Give nothing of an artifact until it is resumed.",
    discussion: """
      Its peers stay connected, choked; no new ones are let in, and trackers are told that this node has left. What is being fetched is asked for \
      no more. It holds over restarts, whatever is found of the data. What a mirror withholds stays with the operator from then on.
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var at: NodeOptions
  @Argument(help: "An info-hash, a unique start of one, or a name.") var what: String
  @Option(help: "Words for people: why.") var reason: String?

  func run() async throws {
    let order = PauseOrder(what: what, reason: reason)
    if let node = try at.remote(common) { return try (try await node.pause(order)).print(asJSON: common.json) }
    let place = try Workplace(common)
    if let node = place.runningNode() { return try (try await node.pause(order)).print(asJSON: common.json) }
    let answer = try place.writing { try PauseDesk(database: $0.database).pause(order, by: .user(getuid())) }
    try ChangeDocument(message: answer.message).print(asJSON: common.json)
  }
}

struct Resume: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve an artifact again that was paused.",
    discussion: "It is served as far as what is known of its files holds. Exits 77 where a mirror withholds it.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var at: NodeOptions
  @Argument(help: "An info-hash, a unique start of one, or a name.") var what: String

  func run() async throws {
    if let node = try at.remote(common) { return try (try await node.resume(what)).print(asJSON: common.json) }
    let place = try Workplace(common)
    if let node = place.runningNode() { return try (try await node.resume(what)).print(asJSON: common.json) }
    let answer = try place.writing { try PauseDesk(database: $0.database).resume(what) }
    try ChangeDocument(message: answer.message).print(asJSON: common.json)
  }
}

extension ChangeDocument {
  /// What has come of a command.
  func print(asJSON: Bool) throws {
    if asJSON { return try Console.print(document: self) }
    Console.print(escaped(message))
    for warning in warnings { Console.note("granary: warning: \(escaped(warning))") }
  }
}
