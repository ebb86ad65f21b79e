import Control
import Logging
import ServiceLifecycle
import TLS

extension Node {
  /// What tells of the node over HTTP, for machines and for people.
  func opsServices(_ ops: NodeOps, entry: @escaping @Sendable (String) -> TLSEntry?, logger: Logger) -> [any Service] {
    let sight = NodeSight(self)
    let page = NodePage(node: self, sight: sight)
    return ops.services(source: NodeOpsSource(sight), pages: PageResponder(PageDesk(page)), entry: entry, logger: logger) + [
      PageService(page: page, isShown: { ops.hasPage })
    ]
  }
}
