import Control
import Logging
import PluginKit
import ServiceLifecycle
import Settings
import Synchronization
import TLS

/// What a node tells of itself over HTTP, with its listeners.
final class NodeOps: Sendable {
  private struct State: Sendable {
    var settings: NodeSettings.HTTP
    var opened: [(address: PluginKit.PeerAddress, tls: String?)] = []
  }

  private let initial: NodeSettings.HTTP
  private let state: Mutex<State>

  /// Nil where the settings have no `http`.
  init?(_ settings: NodeSettings) {
    guard let http = settings.http else { return nil }
    initial = http
    state = Mutex(State(settings: http))
  }

  /// Where the file has no `http` any more, what is open goes on as it was until a restart.
  func commit(_ settings: NodeSettings) {
    guard let http = settings.http else { return }
    state.withLock { $0.settings = http }
  }

  /// Whether people are shown a page.
  var hasPage: Bool { state.withLock { $0.settings.hasPage } }

  /// How many addresses there are to be, and how many are open.
  var count: (open: Int, wanted: Int) { (state.withLock { $0.opened.count }, initial.listen.count) }
  /// Whether all its addresses are open.
  var isOpen: Bool { count.open == count.wanted }

  /// The addresses that are open, for `status`.
  var documents: [StatusDocument.Listener] {
    state.withLock { $0.opened }.map { .init(address: $0.address.ip.description, port: Int($0.address.port), tls: $0.tls) }
  }

  /// One for each address. `entry`: the trust entry of a name under `tls`, as it is now. `pages`: asked where `http.page` says so.
  func services(
    source: any OpsSource, pages: (any OpsPages)?, entry: @escaping @Sendable (String) -> TLSEntry?, logger: Logger
  ) -> [any Service] {
    initial.listen.map { listener in
      let tls = listener.tls.map { name in { @Sendable () -> TLSEntry? in entry(name) } }
      return OpsFace(
        address: listener.address, source: source, pages: pages, tls: tls, rules: { [self] in rules(of: listener) }, logger: logger,
        onReady: { [self] address in state.withLock { $0.opened.append((address, listener.tls)) } })
    }
  }

  /// `FILE:LINE:COLUMN` of a listener.
  func place(of address: PluginKit.PeerAddress) -> String? { initial.listen.first { $0.address == address }?.place }

  /// Whose identities may read is said by the file of now; where it has the listener no more, nobody's.
  private func rules(of listener: NodeSettings.HTTP.Listener) -> OpsRules {
    let now = state.withLock { $0.settings }
    let same = now.listen.first { $0.address == listener.address && $0.tls == listener.tls }
    return OpsRules(hosts: Set(now.hosts), identities: listener.tls == nil ? nil : same?.identities ?? [], hasPage: now.hasPage)
  }
}
