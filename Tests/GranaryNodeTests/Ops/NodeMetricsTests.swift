import Control
import Engine
import Inventory
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import GranaryNode

/// A whole node's metrics, health and readiness.
@Suite struct NodeMetricsTests {
  private func values(_ families: [MetricFamily]) -> [String: MetricValue] {
    var values: [String: MetricValue] = [:]
    for family in families {
      for sample in family.samples {
        let labels = sample.labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        values[family.name + (labels.isEmpty ? "" : "{\(labels)}")] = sample.value
      }
    }
    return values
  }

  @Test func `a node that serves a peer tells of both`() async throws {
    try await NodeRig.run { rig in
      let artifact = try rig.publish("one")
      let (peer, _) = try await rig.leecher(artifact)
      #expect(try await peer.gets(artifact.block(), of: artifact))
      let metrics = NodeMetrics(node: rig.node, sight: NodeSight(rig.node))
      // What links have taken is added up now and then.
      await rig.node.engine.tick()
      let seen = values(await metrics.families(for: .scraper))
      #expect(seen["granary_uploaded_bytes_total"] == MetricValue(16_384))
      #expect(seen["granary_artifacts{state=ready}"] == MetricValue(1))
      #expect(seen["granary_artifacts_bytes{state=ready}"] == MetricValue(240_000))
      #expect(seen["granary_artifacts{state=missing}"] == MetricValue(0))
      #expect(seen["granary_peers{direction=inbound,link=plain}"] == MetricValue(1))
      #expect(seen["granary_peers{direction=outbound,link=tls}"] == MetricValue(0))
      #expect(seen["granary_connections_total{direction=inbound,link=plain}"] == MetricValue(1))
      #expect(seen["granary_verdicts_total{operation=connect,plugin=engine,verdict=allow}"] == MetricValue(1))
      #expect(seen["granary_verdicts_total{operation=limit,plugin=engine,verdict=deny}"] == MetricValue(0))
      #expect(seen["granary_inventory_up"] == MetricValue(1) && seen["granary_filesystem_up"] == MetricValue(1))
      #expect(seen["granary_event_loops_silent"] == MetricValue(0))
      #expect(seen["granary_config_last_reload_successful"] == MetricValue(1))
      #expect(seen["granary_build_info{version=\(Granary.version),node=rig}"] == MetricValue(1))
      #expect(seen.keys.contains("process_open_fds") && seen.keys.contains("process_resident_memory_bytes"))
      let forFile = values(await metrics.families(for: .textfile))
      // A collector shows its own process under these names.
      #expect(!forFile.keys.contains { $0.hasPrefix("process_") } && forFile.count > 50)
    }
  }

  @Test func `names are those that Prometheus expects, and no label is a peer or an artifact`() async throws {
    try await NodeRig.run { rig in
      let artifact = try rig.publish("one")
      _ = try await rig.leecher(artifact)
      let families = await NodeMetrics(node: rig.node, sight: NodeSight(rig.node)).families(for: .scraper)
      for family in families {
        #expect(family.name.hasPrefix("granary_") || family.name.hasPrefix("process_"), "\(family.name)")
        #expect(family.name.hasSuffix("_total") == (family.kind == .counter), "\(family.name)")
        #expect(family.help.hasSuffix(".") && !family.help.contains("\n"), "\(family.name)")
        for label in family.samples.flatMap(\.labels) {
          #expect(!label.value.contains(artifact.torrent.infoHash.description) && label.value != "127.0.0.1" && label.value != "one")
        }
      }
      #expect(Set(families.map(\.name)).count == families.count)
    }
  }

  @Test func `where the inventory hangs, what was known is shown with its age`() async throws {
    try await NodeRig.run { rig in
      try rig.publish("one")
      let sight = NodeSight(rig.node)
      let metrics = NodeMetrics(node: rig.node, sight: sight)
      var seen = await sight.stock.look()
      let fresh = values(metrics.inventory(seen))
      #expect(fresh["granary_inventory_up"] == MetricValue(1))
      seen.isUp = false
      seen.at = seen.at.map { $0 - .seconds(100) }
      let old = values(metrics.inventory(seen))
      #expect(old["granary_inventory_up"] == MetricValue(0) && old["granary_artifacts{state=ready}"] == MetricValue(1))
      guard case .real(let age)? = old["granary_inventory_age_seconds"] else { throw Surprise() }
      #expect(age >= 100)
      let nothing = values(metrics.inventory(.init()))
      #expect(nothing["granary_inventory_up"] == MetricValue(0) && nothing["granary_artifacts{state=ready}"] == nil)
    }
  }

  private struct Surprise: Error {}

  @Test func `a node without its listeners is not ready, and its loops answer`() async throws {
    try await NodeRig.run { rig in
      let sight = NodeSight(rig.node)
      let document = await sight.readiness()
      #expect(document.node == "rig" && !document.ready)
      #expect(document.checks.filter { !$0.ok }.map(\.name) == ["listeners"])
      #expect(await sight.silent() == [])
      rig.node.state.withLock { ($0.listeners, $0.isReady) = ([rig.address], true) }
      #expect(await sight.readiness().ready)
      rig.node.isStopping.store(true, ordering: .relaxed)
      #expect(await sight.readiness().checks.filter { !$0.ok }.map(\.name) == ["running"])
    }
  }

  @Test func `the process is what the kernel says of it`() {
    let figures = ProcessFigures.read()
    #expect(figures.residentBytes > 1 << 20 && figures.virtualBytes >= figures.residentBytes)
    #expect(figures.openFiles > 2 && figures.mostOpenFiles >= figures.openFiles && figures.threads >= 1)
    let now = Double(WallTime.now.nanoseconds) / 1e9
    #expect(figures.startedAt > now - 86_400 && figures.startedAt <= now + 2)
  }
}
