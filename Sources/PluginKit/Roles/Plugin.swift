/// The settings of a plugin that has none: any key below its name is refused.
public struct NoSettings: Decodable, Sendable {
  private enum CodingKeys: CodingKey {}

  public init() {}

  /// The synthesized initializer would not look at the source, and a key that means nothing here would pass unseen.
  public init(from decoder: any Decoder) throws {
    _ = try decoder.container(keyedBy: CodingKeys.self)
  }
}

/// A name in the extended handshake's `m` dictionary (BEP 10) that a plugin receives messages under.
public struct ExtendedMessage: Sendable, Hashable {
  /// The name: `ut_metadata`.
  public let name: String
  /// The largest payload that the plugin takes, in bytes, 1...1,048,576; a longer message closes the connection.
  public let maximumSize: Int

  public init(name: String, maximumSize: Int) {
    self.name = name
    self.maximumSize = min(max(1, maximumSize), 1 << 20)
  }
}

/// A plugin: made once for each entry of the pipeline in the YAML, shared by all loops.
///
/// A plugin may **guard** operations, **handle** what goes on in torrents and connections, or both.
/// Every guard of an operation must answer `.allow` for it to happen, whatever the order; handlers are asked in the YAML's order
/// until one answers other than `.pass`.
///
/// A plugin has a budget of faults and time: throws that no peer brings about, hooks that return late, and more of an event loop's time than its
/// share are charged to it. Past the budget it is tripped: nothing calls it any more until a reload, and its entry's `on-error` says what holds.
/// A hook that never returns ends the process, with the plugin's name. The article on faults has it all.
public protocol Plugin: Sendable {
  /// What stands below the plugin's name in the YAML. Unknown keys are refused by the host; ranges are the plugin's to check.
  associatedtype Settings: Decodable & Sendable = NoSettings

  /// The name in the pipeline: lower-case letters, digits and dashes.
  static var name: String { get }
  /// One line for `granary plugins`.
  static var summary: String { get }
  /// The hooks that this plugin answers, for `granary plugins`.
  static var hooks: [Hook] { get }

  /// Makes the plugin. A throw is a configuration error at the entry's place and stops the start.
  init(settings: Settings, services: PluginServices) throws

  /// The operations that this plugin guards. It must not change during the plugin's life. Empty: not a guard.
  var guards: Set<Operation> { get }
  /// The extended messages that this plugin receives; the host allocates their ids and refuses a name that two plugins claim.
  var extendedMessages: [ExtendedMessage] { get }
  /// The extended message under which this plugin has words with each peer before it is authorized; nil for none. One plugin of a pipeline
  /// may have one. It must not change during the plugin's life.
  var conversation: ExtendedMessage? { get }
  /// What the operator should be told about these settings by `granary check`.
  var warnings: [String] { get }
  /// What `granary policy lint` should tell of these settings beside their warnings: what nobody means to write.
  func findings(_ survey: PolicySurvey) -> [PolicyFinding]

  /// A guard's answer as a pure function of the facts: same facts, same answer. Asked on event loops; must not block.
  ///
  /// Asked for `connect` when a connection is accepted (address), when TLS has an identity, and when the handshake has named an artifact;
  /// for the other operations when the peer is authorized, and again whenever the policy changes or an answer's `validUntil` has passed.
  func judge(_ operation: Operation, _ facts: PeerFacts) throws -> Verdict
  /// Whether the plugin counts what peers have had (`history`). It must not change during the plugin's life.
  var keepsHistory: Bool { get }
  /// What the plugin has counted of the peer so far, which becomes a fact (`PeerFacts.history`) before guards are asked: so that a guard's answer
  /// stays a function of the facts, and recorded facts give the recorded answer. Asked on event loops; must not block.
  ///
  /// - Parameter isConnected: whether handlers have been made for the connection that the facts are about: it is none of its *other*
  ///   connections.
  func history(of facts: PeerFacts, isConnected: Bool) -> PeerHistory?
  /// The same question about `connect` where the answer may have to wait. Reading from the peer is paused meanwhile, under one deadline;
  /// a late answer is a refusal. By default asks `judge`. Heed cancellation: questions that outlive their connections are bounded, and past
  /// that number the answer is no. Wait without blocking: the threads are few, and shared.
  func admit(_ facts: PeerFacts) async throws -> Verdict
  /// Asked once the handshakes are exchanged, where `conversation` has a name: the words to have with this peer, or nil where it need not say
  /// anything. The facts name no artifact yet. Called on the peer's event loop; a throw refuses the peer.
  func converse(_ opening: ConversationOpening, _ facts: PeerFacts) throws -> (any PeerConversation)?
  /// Whether `admit` does more than `judge`: false lets the host decide without leaving the event loop.
  var admitsAsynchronously: Bool { get }

  /// libtorrent's `plugin::new_torrent`: called when an artifact gets its first peer. Nil: not interested in this artifact.
  func newTorrent(_ artifact: ArtifactFacts) throws -> (any TorrentPlugin)?
  /// libtorrent's `plugin::on_tick`: about once a second. A throw is charged to the budget.
  func tick(_ now: ContinuousClock.Instant) throws
  /// libtorrent's `plugin::on_unknown_torrent`: told that a peer named an info-hash that is none of ours. The peer is closed in any case.
  func onUnknownTorrent(_ facts: PeerFacts)
  /// libtorrent's `plugin::save_state`: bytes to keep across a restart, asked at a clean end; nil for none. At most 1 MiB is kept.
  func saveState() -> [UInt8]?
  /// libtorrent's `plugin::load_state`: what `saveState` gave last, before the first peer.
  func loadState(_ state: [UInt8]) throws
}

extension Plugin {
  public static var summary: String { "" }
  public static var hooks: [Hook] { [] }
  public var guards: Set<Operation> { [] }
  public var extendedMessages: [ExtendedMessage] { [] }
  public var conversation: ExtendedMessage? { nil }
  public var warnings: [String] { [] }
  public func findings(_ survey: PolicySurvey) -> [PolicyFinding] { [] }
  public var admitsAsynchronously: Bool { false }
  public var keepsHistory: Bool { false }
  public func history(of facts: PeerFacts, isConnected: Bool) -> PeerHistory? { nil }
  /// A guard that forgets to answer denies.
  public func judge(_ operation: Operation, _ facts: PeerFacts) throws -> Verdict {
    .deny("\(Self.name) guards \(operation.rawValue) but has no answer")
  }
  public func admit(_ facts: PeerFacts) async throws -> Verdict { try judge(.connect, facts) }
  public func converse(_ opening: ConversationOpening, _ facts: PeerFacts) throws -> (any PeerConversation)? { nil }
  public func newTorrent(_ artifact: ArtifactFacts) throws -> (any TorrentPlugin)? { nil }
  public func tick(_ now: ContinuousClock.Instant) throws {}
  public func onUnknownTorrent(_ facts: PeerFacts) {}
  public func saveState() -> [UInt8]? { nil }
  public func loadState(_ state: [UInt8]) throws {}
}
