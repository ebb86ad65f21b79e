import Control

/// The node as machines that watch it see it.
struct NodeOpsSource: OpsSource {
  private let sight: NodeSight

  init(_ sight: NodeSight) {
    self.sight = sight
  }

  func silent() async -> [String] { await sight.silent() }
  func readiness() async -> ReadinessDocument { await sight.readiness() }
  func metrics() async -> [UInt8] {
    MetricsText.encode(await NodeMetrics(node: sight.node, sight: sight).families(for: .scraper))
  }
}
