import NIOCore

/// What a running node does when asked through its control interface. Implemented by the composition root.
///
/// Every call may throw `ErrorsDocument`, which goes to the caller as it is.
package protocol NodeControl: Sendable {
  func status() async throws -> StatusDocument
  func peers() async throws -> PeersDocument
  /// The inventory, or what `what` names of it.
  func artifacts(_ what: String?) async throws -> ListDocument
  /// Rows of the journal, the newest ones or those after one.
  func journal(_ query: JournalQuery) async throws -> JournalDocument
  /// What the policy in force says; `peer` is an address with or without a port, an identity or a connection's number, `artifact` a name or an info-hash (or its start).
  func why(peer: String, artifact: String, operation: String?) async throws -> WhyDocument
  /// Takes an artifact in, or what was found when it was verified again. `by` is who asks.
  func submit(_ submission: Submission, by caller: ControlCaller) async throws -> ChangeDocument
  /// Begins to fetch an artifact, or goes on with it. Answers at once: how it stands is asked for by `fetches`.
  func fetch(_ submission: FetchSubmission, by caller: ControlCaller) async throws -> FetchDocument
  /// How the fetches stand; `what`, an info-hash, names one artifact, being fetched or not.
  func fetches(_ what: String?) async throws -> FetchesDocument
  /// Begins to take an artifact in whose data is sent in parts, or goes on with it.
  func beginUpload(_ order: UploadOrder, by caller: ControlCaller) async throws -> UploadDocument
  /// How an upload stands.
  func upload(_ what: String) async throws -> UploadDocument
  /// Takes a part of an artifact's data: whole blocks of 16 KiB, as the torrent has them one after the other, from `offset` on.
  func take(_ bytes: ByteBuffer, at offset: Int64, ofUpload what: String, by caller: ControlCaller) async throws -> UploadDocument
  /// Takes an artifact out of service and out of the inventory.
  func remove(_ what: String, by caller: ControlCaller) async throws -> ChangeDocument
  /// Gives nothing of an artifact until it is resumed, over restarts too; of one that is being fetched, asks for nothing more.
  func pause(_ order: PauseOrder, by caller: ControlCaller) async throws -> ChangeDocument
  /// Serves an artifact again that an operator has paused, or goes on fetching it.
  func resume(_ what: String, by caller: ControlCaller) async throws -> ChangeDocument
  /// The rates that are in force.
  func limits() async throws -> LimitsDocument
  /// Other rates than the configuration's, until they are reset or the node ends.
  func setLimits(_ order: LimitsOrder, by caller: ControlCaller) async throws -> LimitsDocument
  /// Reads the configuration again.
  func reload(by caller: ControlCaller) async throws -> ChangeDocument
  /// Signs a notice on an artifact and has it sent to its peers.
  func notify(_ order: NoticeOrder, by caller: ControlCaller) async throws -> NotifyDocument
  /// Allows what a peer wants that no rule is about.
  func approve(_ order: WishOrder, by caller: ControlCaller) async throws -> ApprovalChangeDocument
  /// Takes an approval back.
  func revokeApproval(_ id: String, by caller: ControlCaller) async throws -> ApprovalChangeDocument
  /// Drops what a peer wants, for a while.
  func reject(_ order: WishOrder, by caller: ControlCaller) async throws -> RejectionDocument
  /// Gives the node's place to another run, which waits at a socket. Answers once it has been met there.
  func handOver(_ order: HandoverOrder, by caller: ControlCaller) async throws -> ChangeDocument
  /// What peers have told.
  func messages() async throws -> MessagesDocument
  /// Stores what waits for the journal and the ledger, so that a reader of the inventory sees it.
  func flush() async throws -> ChangeDocument
}
