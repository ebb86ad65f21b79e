import Control

/// The node as machines that watch it see it.
struct NodeOpsSource: OpsSource {
  private let sight: NodeSight

  init(node: Node) {
    sight = NodeSight(node)
  }

  func silent() async -> [String] { await sight.silent() }
  func readiness() async -> ReadinessDocument { await sight.readiness() }
  func metrics() async -> [UInt8] { [] }
}
