import Control
import Engine
import Logging
import NIOPosix
import PluginKit
import ServiceLifecycle
import Settings
import Synchronization
import TLS

/// Where a node takes orders of other machines, with its listeners.
final class NodeRemote: Sendable {
  /// What a configuration says, read before anything changes.
  struct Prepared: Sendable {
    fileprivate let settings: NodeSettings.Control
    /// By file.
    fileprivate let tokens: [String: ControlTokens]
  }

  private struct State: Sendable {
    /// Nil where the file has none any more.
    var now: Prepared?
    var opened: [(address: PluginKit.PeerAddress, tls: String?)] = []
  }

  private let initial: NodeSettings.Control
  private let state: Mutex<State>

  /// Nil where the settings have no `control`. Throws what is wrong with its files.
  init?(_ settings: NodeSettings) throws {
    guard let prepared = try Self.prepare(settings) else { return nil }
    initial = prepared.settings
    state = Mutex(State(now: prepared))
  }

  /// Reads the files that the settings name; nil where they have no `control`.
  static func prepare(_ settings: NodeSettings) throws -> Prepared? {
    guard let control = settings.control else { return nil }
    if let uploads = control.uploads {
      do {
        try RootsPolicy(roots: settings.artifacts.roots).check(uploads)
      } catch {
        throw Failure(.configuration, "control.uploads: \(Failure(error).lines.first?.message ?? "\(error)")", place: control.uploadsPlace)
      }
    }
    var tokens: [String: ControlTokens] = [:]
    for case .tokens(let file) in control.listen.map(\.access) where tokens[file] == nil { tokens[file] = try ControlTokenFile.load(file) }
    return Prepared(settings: control, tokens: tokens)
  }

  /// What is open stays open until a restart; where the file has it no more, it lets in nobody.
  func commit(_ prepared: Prepared?) { state.withLock { $0.now = prepared } }

  /// The folder that uploads come to lie in; nil where none are taken.
  var uploads: String? { state.withLock { $0.now?.settings.uploads } }

  /// How many addresses there are to be, and how many are open.
  var count: (open: Int, wanted: Int) { (state.withLock { $0.opened.count }, initial.listen.count) }
  /// Whether all its addresses are open.
  var isOpen: Bool { count.open == count.wanted }

  /// The addresses that are open, for `status`.
  var documents: [StatusDocument.Listener] {
    state.withLock { $0.opened }.map { .init(address: $0.address.ip.description, port: Int($0.address.port), tls: $0.tls) }
  }

  /// `FILE:LINE:COLUMN` of a listener.
  func place(of address: PluginKit.PeerAddress) -> String? { initial.listen.first { $0.address == address }?.place }

  /// One for each address. `entry`: the trust entry of a name under `tls`, as it is now.
  func services(_ node: Node, entry: @escaping @Sendable (String) -> TLSEntry?, logger: Logger) -> [any Service] {
    let face = NodeControlFace(node: node, disk: Self.threads)
    return initial.listen.indices.map { index in
      let listener = initial.listen[index]
      let tls = listener.access.tls.map { name in { @Sendable () -> TLSEntry? in entry(name) } }
      return ControlFace(
        address: listener.address, node: face, tls: tls, rules: { [self] in rules(ofListener: index) },
        refused: { [weak node] in node?.refuse($0) }, logger: logger,
        onReady: { [self] address in state.withLock { $0.opened.append((address, listener.access.tls)) } })
    }
  }

  /// Who is let in is said by the file of now. Whom it had let in once, where it has the listener no more, is let in no more.
  private func rules(ofListener index: Int) -> ControlRules {
    let now = state.withLock { $0.now }
    let listener = initial.listen[index]
    let before = initial.listen[..<index].count { Self.isSame($0, listener) }
    let same = (now?.settings.listen ?? []).filter { Self.isSame($0, listener) }.dropFirst(before).first
    guard let now, let same else { return ControlRules(access: .certificates(operators: [], readers: [])) }
    return ControlRules(hosts: Set(now.settings.hosts), access: ControlRules.Access(same.access, now.tokens))
  }

  private static func isSame(_ one: NodeSettings.Control.Listener, _ other: NodeSettings.Control.Listener) -> Bool {
    one.address == other.address && one.access.tls == other.access.tls
  }

  /// Where others' questions wait for the disk: however many they are, the node's own work does not wait for them.
  private static let threads = {
    let threads = NIOThreadPool(numberOfThreads: 2)
    threads.start()
    return threads
  }()
}

extension ControlRules.Access {
  fileprivate init(_ access: NodeSettings.Control.Access, _ tokens: [String: ControlTokens]) {
    switch access {
    case .tls(_, let identities, let readers): self = .certificates(operators: identities, readers: readers)
    // Of a file that is not named any more nobody's holds.
    case .tokens(let file): self = .tokens(tokens[file] ?? ControlTokens())
    }
  }
}

extension Node {
  /// Somebody was not let in by the control interface: why is for the journal, who counts equal ones.
  fileprivate func refuse(_ refusal: ControlFace.Refusal) {
    journal.record(
      JournalRecord(
        at: .now, principal: refusal.caller?.description ?? refusal.address?.ip.description ?? "somebody", address: refusal.address,
        infoHash: nil, artifact: nil, operation: "control", verdict: "deny", plugin: "control", reason: refusal.reason,
        generation: engine.pipeline.generation))
  }
}
