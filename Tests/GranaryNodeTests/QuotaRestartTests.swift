import Foundation
import Inventory
import Logging
import Metainfo
import NIOEmbedded
import PluginKit
import Plugins
import TestSupport
import Testing

@testable import GranaryNode

/// A quota over two lives of a node, through the inventory's file.
struct QuotaRestartTests {
  private let rules: LiteralValue = [["bytes": "64 KiB", "window": "1d"]]

  private func plugin(_ store: PluginValueStore) throws -> QuotaPlugin {
    let services = PluginServices(
      wallClock: { PolicyFixtures.noon }, clock: { .now }, journal: TestJournal(), logger: Logger(label: "test"), folder: "/",
      store: KeptPluginStore(values: try store.values(of: "quota")))
    return try QuotaPlugin(settings: LiteralSettings(rules).decode(QuotaSettings.self), services: services)
  }

  private func send(_ numbers: Range<UInt32>, _ plugin: QuotaPlugin) throws -> [RequestAnswer] {
    let artifact = PolicyFixtures.artifact()
    let context = PolicyFixtures.context(on: EmbeddedEventLoop(), artifact: artifact)
    let peer = try #require(try plugin.newTorrent(artifact)?.newConnection(context))
    return try numbers.map { number in
      let block = Block(piece: number, offset: 0, length: 16_384)
      let answer = try peer.onRequest(block)
      if answer == .pass {
        peer.sent(.piece(block))
        peer.sentPayload(16_384)
      }
      return answer
    }
  }

  @Test
  func whatWasSentCountsInTheNextLife() throws {
    let folder = try TemporaryDirectory("quota")
    let path = folder.path("inventory.sqlite")
    let first = try InventoryDatabase.open(path: path)
    let store = PluginValueStore(database: first)
    #expect(try send(0..<3, plugin(store)) == [.pass, .pass, .pass])
    try store.flush()
    try first.close()
    let second = try InventoryDatabase.open(path: path)
    defer { try? second.close() }
    let again = try plugin(PluginValueStore(database: second))
    #expect(try send(3..<6, again) == [.pass, .reject(""), .reject("")])
    let facts = PolicyFixtures.peer(artifact: PolicyFixtures.artifact())
    #expect(try again.judge(.request, facts).reason.contains("has used 64 KiB of 64 KiB in 1d, again at 2026-11-24T00:00:00Z"))
    // A command that only looks sees what is stored.
    let looking = ServicesMaker(folder: "/", journal: NoJournal(), stores: .read(second)).services("quota")
    #expect(looking.store.keys.count == 1)
  }
}
