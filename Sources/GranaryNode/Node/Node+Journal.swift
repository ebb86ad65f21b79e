import Control
import Inventory
import Logging
import Metainfo
import OpenSSL
import PluginKit

extension Node {
  /// The journal's writer, with the node's key: heads that it has signed go to the log, where nobody who edits the file reaches them.
  static func journalWriter(
    _ database: InventoryDatabase, _ key: JournalKeyFile, rows: Int, logger: Logger, onPressure: @escaping @Sendable () -> Void
  ) throws -> JournalWriter {
    let publicKey = Hex.encode(key.key.publicKey.bytes)
    if key.isNew, try database.hasSignedJournal() {
      logger.warning(
        "the journal's key is a new one: verify what is older with the former key's public half",
        metadata: .event(.journalNewKey, ["key": "\(publicKey)"]))
    }
    let sealing = JournalSealing(
      signer: JournalSigner(key.key),
      onCheckpoint: { checkpoint in
        logger.info("journal signed", metadata: .event(.journalSigned, ["head": "\(checkpoint.head)", "key": "\(publicKey)"]))
      })
    return JournalWriter(database: database, limits: JournalLimits(rows: rows), sealing: sealing, onPressure: onPressure)
  }

  /// The journal in `status`.
  func journalDocument() -> JournalStatusDocument {
    let status = journal.writer.status
    return JournalStatusDocument(
      key: Hex.encode(journalKey.bytes), head: status.head?.description, checkpoint: status.checkpoint?.head.description,
      checkpointAt: status.checkpoint?.at.iso8601, stored: status.stored, pending: status.pending, dropped: status.dropped)
  }

  /// What `status` warns of.
  var journalWarnings: [String] {
    let status = journal.writer.status
    var warnings = status.problem.map { ["the journal cannot be written: \($0)"] } ?? []
    if status.isForeign { warnings.append("another hand has changed the journal's chain; see 'granary journal verify'") }
    return warnings
  }

  /// The journal's end: every row is closed, and the last head signed. What cannot be written now is lost with the process.
  func finishJournal() {
    do { try journal.writer.finish() } catch {
      logger.error("the journal could not be finished", metadata: .event(.journalFailed, ["error": "\(error)"]))
    }
  }
}
