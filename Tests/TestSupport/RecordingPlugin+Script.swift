import Metainfo
import NIOCore
import PluginKit

/// What a recording plugin answers. Whatever is not scripted passes, stays, or allows.
package struct RecordingScript: Sendable {
  /// A closure that is run in a hook, with the connection's context where the hook has one; it may act through it, or throw.
  package typealias Act = @Sendable (PeerContext?) throws -> Void

  /// Run first in a hook, whatever its kind. Hooks that cannot throw ignore what it throws.
  package var acts: [Hook: Act] = [:]
  /// Answers of hooks that pass or handle: `onHave`, `onCancel`, `onPause`, `canDisconnect`, …
  package var handlings: [Hook: Handling] = [:]
  /// Answers of `onHandshake` and `onExtensionHandshake`.
  package var participations: [Hook: Participation] = [:]
  /// Which hooks it listens to of those that run for each block.
  package var blockHooks = BlockHooks.all
  /// The answer of `onRequest`.
  package var request: @Sendable (PeerContext, Block) throws -> RequestAnswer = { _, _ in .pass }
  /// The answer of `onPiece`.
  package var piece: @Sendable (PeerContext, Block, ByteBuffer) throws -> PieceAnswer = { _, _, _ in .pass }
  /// The answer of `writeRequest`.
  package var writeRequest: @Sendable (PeerContext, Block) throws -> WriteRequestAnswer = { _, _ in .pass }
  /// The answer of `onExtended`.
  package var extended: @Sendable (PeerContext, String, ByteBuffer) throws -> Handling = { _, _, _ in .pass }
  /// The answer of `onUnknownMessage`.
  package var unknownMessage: @Sendable (PeerContext, UInt8, ByteBuffer) throws -> Handling = { _, _, _ in .pass }
  /// Keys that `addHandshake` adds.
  package var additions: [String: Bencode] = [:]
  /// The answer of `getUnchokePriority`.
  package var unchokePriority: Int?

  /// The operations that the plugin guards.
  package var guards: Set<Operation> = []
  /// A guard's answer.
  package var judge: @Sendable (Operation, PeerFacts) throws -> Verdict = { _, _ in .allow("recorded") }
  /// A guard's answer that may wait; nil: `judge` answers.
  package var admit: (@Sendable (PeerFacts) async throws -> Verdict)?
  /// The extended messages that the plugin receives.
  package var extendedMessages: [ExtendedMessage] = []
  /// The name of words with peers that the plugin would have, and then has with nobody.
  package var conversation: ExtendedMessage?
  /// Whether the plugin is interested in artifacts.
  package var joinsTorrents = true
  /// Whether the plugin is interested in peers.
  package var joinsPeers = true
  /// What `saveState` gives.
  package var state: [UInt8]?

  package init() {}
}
