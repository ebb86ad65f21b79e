/// What a running node does when asked through its control socket. Implemented by the composition root.
///
/// Every call may throw `ErrorsDocument`, which goes to the caller as it is.
package protocol NodeControl: Sendable {
  func status() async throws -> StatusDocument
  func peers() async throws -> PeersDocument
  /// What the policy in force says; `peer` is an address with or without a port, an identity or a connection's number, `artifact` a name or an info-hash (or its start).
  func why(peer: String, artifact: String, operation: String?) async throws -> WhyDocument
  /// Takes an artifact in, or what was found when it was verified again. `by` is the user id at the other end of the socket.
  func submit(_ submission: Submission, by uid: UInt32) async throws -> ChangeDocument
  /// Begins to fetch an artifact, or goes on with it. Answers at once: how it stands is asked for by `fetches`.
  func fetch(_ submission: FetchSubmission, by uid: UInt32) async throws -> FetchDocument
  /// How the fetches stand; `what`, an info-hash, names one artifact, being fetched or not.
  func fetches(_ what: String?) async throws -> FetchesDocument
  /// Takes an artifact out of service and out of the inventory.
  func remove(_ what: String, by uid: UInt32) async throws -> ChangeDocument
  /// Reads the configuration again.
  func reload(by uid: UInt32) async throws -> ChangeDocument
  /// Signs a notice on an artifact and has it sent to its peers.
  func notify(_ order: NoticeOrder, by uid: UInt32) async throws -> NotifyDocument
  /// Allows what a peer wants that no rule is about.
  func approve(_ order: WishOrder, by uid: UInt32) async throws -> ApprovalChangeDocument
  /// Takes an approval back.
  func revokeApproval(_ id: String, by uid: UInt32) async throws -> ApprovalChangeDocument
  /// Drops what a peer wants, for a while.
  func reject(_ order: WishOrder, by uid: UInt32) async throws -> RejectionDocument
  /// Gives the node's place to another run, which waits at a socket. Answers once it has been met there.
  func handOver(_ order: HandoverOrder, by uid: UInt32) async throws -> ChangeDocument
  /// What peers have told.
  func messages() async throws -> MessagesDocument
  /// Stores what waits for the journal and the ledger, so that a reader of the inventory sees it.
  func flush() async throws -> ChangeDocument
}
