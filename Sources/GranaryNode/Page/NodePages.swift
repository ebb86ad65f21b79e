import Control
import Logging
import ServiceLifecycle
import TLS

/// The status page as the node's HTTP face asks for it.
struct NodePages: OpsPages {
  private let responder: PageResponder

  init(_ page: NodePage) {
    responder = PageResponder(PageDesk(page))
  }

  func page(_ request: OpsRequest) async -> OpsPage? {
    await responder.answer(path: request.path, query: request.query, ifNoneMatch: request.ifNoneMatch).map { answer in
      OpsPage(status: answer.status, contentType: answer.contentType, bytes: answer.body, etag: answer.etag, age: answer.age)
    }
  }
}

extension Node {
  /// What tells of the node over HTTP, for machines and for people.
  func opsServices(_ ops: NodeOps, entry: @escaping @Sendable (String) -> TLSEntry?, logger: Logger) -> [any Service] {
    let sight = NodeSight(self)
    let page = NodePage(node: self, sight: sight)
    return ops.services(source: NodeOpsSource(sight), pages: NodePages(page), entry: entry, logger: logger) + [PageService(page: page)]
  }
}
