import Control
import Inventory
import PluginKit
import Settings
import Synchronization

/// All metrics of a node, gathered when somebody asks. What may hang is waited for no longer than `NodeSight` does; then what was known
/// last is shown, with its age.
struct NodeMetrics: Sendable {
  /// Who reads them.
  enum Reader: Sendable {
    case scraper
    /// A collector that shows them beside its own: what is said of a process would be said twice there.
    case textfile
    /// The same once the run is over: what was true of it while it ran is not shown for days.
    case closing
  }

  let node: Node
  let sight: NodeSight

  func families(for reader: Reader) async -> [MetricFamily] {
    async let stock = sight.stock.look()
    async let disks = sight.disks.look()
    async let trackers = sight.trackers.look()
    async let catalogues = sight.catalogues.look()
    async let silent = sight.silent()
    async let readiness = sight.readiness()
    var families = build(await readiness, silent: await silent.count) + reloads
    families += inventory(await stock) + disk(await disks, await stock)
    families += traffic + verdicts + limits + plugins
    families += journal + care + leases
    families += links + announces(await trackers) + ownTracker + Self.catalogues(await catalogues)
    switch reader {
    case .scraper: return families + (await runs) + Self.process
    case .textfile: return families + (await runs)
    case .closing: return families.filter { $0.kind == .counter || Self.lasting.contains($0.name) }
    }
  }

  private var runs: [MetricFamily] {
    get async {
      var runs = await sight.stock.look().value?.runs ?? RunMetrics(node: node.initial.node.name)
      (runs.isRunning, runs.isBounded) = (true, node.isBounded.load(ordering: .relaxed))
      return runs.families
    }
  }

  /// Gauges that mean something when nothing runs.
  private static let lasting: Set<String> = [
    "granary_build_info", "granary_run_start_timestamp_seconds", "granary_artifacts", "granary_artifacts_bytes",
    "granary_filesystem_free_bytes", "granary_filesystem_size_bytes", "granary_disk_budget_bytes", "granary_disk_budget_high_ratio",
    "granary_certificate_expiry_timestamp_seconds", "granary_revocation_list_expiry_timestamp_seconds", "granary_plugin_tripped",
    "granary_mirror_serial", "granary_mirror_catalogue_timestamp_seconds", "granary_trackers", "granary_trackers_failing",
  ]
}

extension MetricFamily.Sample {
  /// A sample for each entry of a table, in order.
  static func each<Value: BinaryInteger>(_ label: String, _ table: [String: Value]) -> [MetricFamily.Sample] {
    table.sorted { $0.key < $1.key }.map { MetricFamily.Sample(MetricValue($0.value), .init(label, $0.key)) }
  }
}
