import Control
import Inventory
import PluginKit

/// All metrics of a node, gathered when somebody asks. What may hang is waited for no longer than `NodeSight` does; then what was known
/// last is shown, with its age.
struct NodeMetrics: Sendable {
  /// Who reads them.
  enum Reader: Sendable {
    case scraper
    /// A collector that shows them beside its own: what is said of a process would be said twice there.
    case textfile
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
    return reader == .scraper ? families + Self.process : families
  }
}

extension MetricFamily.Sample {
  /// A sample for each entry of a table, in order.
  static func each<Value: BinaryInteger>(_ label: String, _ table: [String: Value]) -> [MetricFamily.Sample] {
    table.sorted { $0.key < $1.key }.map { MetricFamily.Sample(MetricValue($0.value), .init(label, $0.key)) }
  }
}
